package main

import (
	"io"
	"net"
	"time"
)

// application is how what stands behind a TCP port behaves.
type application string

// greets speaks first, as MySQL, SMTP and SSH do, and echoes what comes then. Any other application only echoes.
const greets application = "speaks first"

// banner is what the greeter says.
const banner = "ready\n"

// bannerPatience is how long a client waits for it.
const bannerPatience = time.Second

type greeter struct{ port int }

func startGreeter() (*greeter, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(2 * patience))
				if _, err := io.WriteString(conn, banner); err == nil {
					io.Copy(conn, conn)
				}
			}()
		}
	}()
	return &greeter{l.Addr().(*net.TCPAddr).Port}, nil
}

// listenFirst waits for what the application says before the client speaks, then speaks itself.
func listenFirst(conn net.Conn, a *answer) {
	conn.SetReadDeadline(time.Now().Add(bannerPatience))
	first := make([]byte, len(banner))
	n, _ := io.ReadFull(conn, first)
	came := string(first[:n]) == banner
	a.banner = &came
	conn.SetDeadline(time.Now().Add(patience))
	if came {
		echo(conn, a, "")
	} else {
		echo(conn, a, banner) // what waited for the client's bytes lets it out now
	}
}
