module mayreach.dev/benches/asked

go 1.26.0
