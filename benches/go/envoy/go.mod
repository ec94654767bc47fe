module mayreach.dev/benches/envoy

go 1.26.0

require mayreach.dev/benches/asked v0.0.0

replace mayreach.dev/benches/asked => ../asked
