package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// exchangeHTTP2 sends one request frame by frame, so that pseudo headers and repeated lines go out as the flow
// has them. A gRPC answer without a body carries its status in the headers.
func exchangeHTTP2(conn net.Conn, r *request, a *answer) {
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		a.broken = err
		return
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := framer.WriteSettings(); err != nil {
		a.broken = err
		return
	}
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	write := func(name, value string) { encoder.WriteField(hpack.HeaderField{Name: name, Value: value}) }
	write(":method", r.Method)
	write(":scheme", "http")
	write(":authority", r.Host)
	write(":path", r.Path)
	for _, h := range r.Headers {
		write(strings.ToLower(h[0]), h[1])
	}
	err := framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true,
	})
	if err != nil {
		a.broken = err
		return
	}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			if a.status == 0 {
				a.broken = err
			}
			return
		}
		if done := a.frame(framer, frame); done {
			return
		}
	}
}

func (a *answer) frame(framer *http2.Framer, frame http2.Frame) (done bool) {
	switch f := frame.(type) {
	case *http2.SettingsFrame:
		if !f.IsAck() {
			framer.WriteSettingsAck()
		}
	case *http2.MetaHeadersFrame:
		for _, field := range f.Fields {
			switch field.Name {
			case ":status":
				a.status, _ = strconv.Atoi(field.Value)
			case reachedHeader:
				a.reached = field.Value == "yes"
			case "grpc-status":
				a.grpc = field.Value
			case "grpc-message":
				a.body = field.Value
			}
		}
		return f.StreamEnded()
	case *http2.DataFrame:
		a.body += string(f.Data())
		return f.StreamEnded()
	case *http2.RSTStreamFrame:
		a.broken = fmt.Errorf("stream reset: %v", f.ErrCode)
		return true
	case *http2.GoAwayFrame:
		a.broken = fmt.Errorf("connection ended: %v", f.ErrCode)
		return true
	}
	return false
}
