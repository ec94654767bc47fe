// Measures what Envoy's RBAC filters add to the processor time of a request: two proxies that differ in the filters
// alone answer the same requests over mTLS on loopback, in turns.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mayreach.dev/benches/asked"
)

// maxLife bounds a proxy in any case.
const maxLife = 2 * time.Minute

func main() {
	binary, err := find(os.Args[3])
	asked.Must(err)
	version, err := exec.Command(binary, "--version").Output()
	asked.Must(err)
	// "…/envoy  version: COMMIT/RELEASE/…"
	_, said, _ := strings.Cut(string(version), "version: ")
	if parts := strings.Split(said, "/"); len(parts) > 1 {
		asked.Version("Envoy", parts[1])
	}
	dir, err := os.MkdirTemp("", "bench")
	asked.Must(err)
	defer os.RemoveAll(dir)
	row(binary, dir, "sidecar", 400, 40)
	row(binary, dir, "hot-small", 400, 20)
	row(binary, dir, "hot", 20, 10)
}

// find is the program in a Python environment that has the package.
func find(folder string) (string, error) {
	found, err := filepath.Glob(filepath.Join(folder, "lib/*/site-packages/envoy/_bin/envoy"))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("no Envoy in %s", folder)
	}
	return found[0], nil
}

// row asks so many requests of both proxies, for so many rounds, and keeps the median of what the filters added.
func row(binary, dir, name string, requests, rounds int) {
	if asked.Quick() {
		rounds = 3
	}
	set := asked.Read(name)
	asks := set.Asks[:min(requests, len(set.Asks))]
	ca := newAuthority(dir)
	with, without := start(binary, dir, ca, filters(set.Rules)), start(binary, dir, ca, nil)
	defer with.stop()
	defer without.stop()
	with.open(asks, ca)
	without.open(asks, ca)
	with.round(asks, true)
	without.round(asks, false)
	var added []float64
	for range rounds {
		cost := with.round(asks, true) - without.round(asks, false)
		added = append(added, float64(cost)/float64(len(asks)))
	}
	slices.Sort(added)
	asked.Keep("envoy/"+name, added[len(added)/2], rounds*len(asks))
}

// proxy is one running Envoy, with a connection for each client.
type proxy struct {
	cmd         *exec.Cmd
	cancel      context.CancelFunc
	port        int
	connections map[string]*connection
}

type connection struct {
	*tls.Conn
	reader *bufio.Reader
}

func start(binary, dir string, ca *authority, filters []any) *proxy {
	port := freePort()
	file := filepath.Join(dir, fmt.Sprintf("envoy-%d.json", port))
	asked.Must(os.WriteFile(file, configuration(port, ca, filters), 0o600))
	ctx, cancel := context.WithTimeout(context.Background(), maxLife)
	cmd := exec.CommandContext(ctx, binary, "-c", file, "--concurrency", "1", "--disable-hot-restart", "--log-level", "error")
	cmd.Stderr = os.Stderr
	asked.Must(cmd.Start())
	return &proxy{cmd: cmd, cancel: cancel, port: port, connections: map[string]*connection{}}
}

func (p *proxy) stop() {
	for _, c := range p.connections {
		c.Close()
	}
	p.cancel()
	_ = p.cmd.Wait() // it was killed
}

// open connects each client; the first waits until the proxy serves.
func (p *proxy) open(asks []asked.Ask, ca *authority) {
	for _, ask := range asks {
		if p.connections[ask.Principal] != nil {
			continue
		}
		config := ca.client(ask.Principal)
		var conn *tls.Conn
		var err error
		for range 1200 {
			if conn, err = tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p.port), config); err == nil {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		asked.Must(err)
		p.connections[ask.Principal] = &connection{conn, bufio.NewReader(conn)}
	}
}

// round asks all and says how much processor time Envoy took. Behind its filters every answer is compared with ours.
func (p *proxy) round(asks []asked.Ask, filtered bool) time.Duration {
	before := p.cpu()
	for i := range asks {
		ask := &asks[i]
		c := p.connections[ask.Principal]
		_, err := fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: server\r\n\r\n", ask.Method, ask.Path)
		asked.Must(err)
		response, err := http.ReadResponse(c.reader, nil)
		asked.Must(err)
		_, err = io.Copy(io.Discard, response.Body)
		asked.Must(err)
		if want := !filtered || ask.Allow; want != (response.StatusCode == 200) {
			asked.Must(fmt.Errorf("Envoy answers %d to %+v", response.StatusCode, *ask))
		}
	}
	return p.cpu() - before
}

// cpu is the time on a processor of all threads.
func (p *proxy) cpu() time.Duration {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.cmd.Process.Pid))
	asked.Must(err)
	var sum int64
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that has ended
		}
		var ns int64
		_, err = fmt.Sscan(string(text), &ns)
		asked.Must(err)
		sum += ns
	}
	return time.Duration(sum)
}
