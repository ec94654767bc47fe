package main

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	xdscluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
)

type recorder struct {
	envoy, keep, out string
	pki              *authority
	keys             *keyring
	authz            *authorizer
	greeter          *greeter
}

func newRecorder(envoy, keep, out string) (*recorder, error) {
	pki, err := newAuthority()
	if err != nil {
		return nil, err
	}
	authz, err := startAuthorizer()
	if err != nil {
		return nil, err
	}
	greeter, err := startGreeter()
	if err != nil {
		return nil, err
	}
	return &recorder{envoy: envoy, keep: keep, out: out, pki: pki, keys: newKeyring(), authz: authz, greeter: greeter}, nil
}

// recordFile records one scenario file into the case file of the same name.
func (r *recorder) recordFile(path, topic string) error {
	blocks, err := readBlocks(path)
	if err != nil {
		return err
	}
	now := time.Now()
	var scenarios []*scenario
	for i, b := range blocks {
		s, err := b.build(r.keys, fmt.Sprintf("127.2.%d", i), now)
		if err != nil {
			return err
		}
		scenarios = append(scenarios, s)
	}
	if err := r.recordBatch(scenarios); err != nil {
		return err
	}
	if topic == "waypoint" {
		return r.writeAs(topic, waypointHow, scenarios)
	}
	return r.write(topic, scenarios)
}

// prepared is a scenario with its translation.
type prepared struct {
	*scenario
	cluster *cluster
	pods    map[string]translation
	jwt     map[string]bool // by pod, or by the Service that is called through a waypoint
	ways    *waypoints
}

// recordBatch runs the scenarios in one Envoy and fills their expectations.
func (r *recorder) recordBatch(scenarios []*scenario) error {
	var ready []*prepared
	var listeners []*listener.Listener
	var clusters []*xdscluster.Cluster
	for i, s := range scenarios {
		if s.waypoints {
			p, ls, cs, err := prepareThrough(s, i)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			ready = append(ready, p)
			listeners = append(listeners, ls...)
			clusters = append(clusters, cs...)
			continue
		}
		p, ls, err := prepare(s, i)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		ready = append(ready, p)
		listeners = append(listeners, ls...)
	}
	dir, err := r.workDir()
	if err != nil {
		return err
	}
	if r.keep == "" {
		defer os.RemoveAll(dir)
	}
	proxy, err := startProxy(r.envoy, dir, listeners, clusters, r, 15*time.Minute)
	if err != nil {
		return err
	}
	defer proxy.stop()
	for _, line := range proxy.rejected() {
		say("Envoy refused a listener", line)
	}
	answers, err := r.sendAll(ready)
	if err != nil {
		return err
	}
	logs, err := settle(proxy, answers)
	if err != nil {
		return err
	}
	for _, p := range ready {
		p.cases = slices.DeleteFunc(p.cases, func(c *recordedCase) bool {
			late := answers[c] != nil && answers[c].timedOut()
			if late {
				say("no answer in time, left out:", p.name, toJSON(c.Flow))
			}
			return late
		})
		for _, c := range p.cases {
			a := answers[c]
			if a != nil {
				passed := c.Expect
				server, _ := p.cluster.server(c.Flow)
				c.Expect = expect(c.Flow, a, logs[a.peer], p.jwt[server] || p.jwt[c.Flow.Destination.Service])
				if passed != nil {
					c.Expect.Waypoint = passed.Waypoint
				}
			}
			compare(p.name, c)
			if a != nil {
				checkIdentity(p, c, logs[a.peer])
			}
			if p.ways != nil {
				p.ways.byAddress(c.Flow)
			}
		}
	}
	return nil
}

func (r *recorder) workDir() (string, error) {
	if r.keep != "" {
		if err := os.MkdirAll(r.keep, 0o700); err != nil {
			return "", err
		}
		os.Remove(filepath.Join(r.keep, logFile))
		return filepath.Abs(r.keep)
	}
	return os.MkdirTemp("", "istio-recorder-")
}

func prepare(s *scenario, index int) (*prepared, []*listener.Listener, error) {
	c, err := parseCluster(s.manifests, s.options["webhook"] == "bypassed")
	if err != nil {
		return nil, nil, err
	}
	if len(c.rejected) > 0 {
		return nil, nil, fmt.Errorf("the webhook refuses %s", c.rejected)
	}
	ports := map[string]map[uint32]bool{}
	var clients []string
	for _, k := range s.cases {
		d, port := c.server(k.Flow)
		if ports[d] == nil {
			ports[d] = map[uint32]bool{}
		}
		ports[d][port] = true
		if s.clients {
			clients = append(clients, k.Flow.Source.Workload)
		}
	}
	var names []string
	for name := range ports {
		names = append(names, name)
	}
	slices.Sort(names)
	restore := setFlags(s.flags)
	pods, err := translate(c, names, clients)
	restore()
	if err != nil {
		return nil, nil, err
	}
	p := &prepared{scenario: s, cluster: c, pods: pods, jwt: map[string]bool{}}
	var out []*listener.Listener
	for _, name := range names {
		byListener := map[*listener.Listener][]uint32{}
		for _, port := range sortedPorts(ports[name]) {
			l := pods[name].of(port)
			if l == nil {
				return nil, nil, fmt.Errorf("no listener for %s:%d", name, port)
			}
			byListener[l] = append(byListener[l], port)
		}
		for in, numbers := range byListener {
			l, err := adapt(in, fmt.Sprintf("%d/%s:%d", index, name, numbers[0]), c.pods[name].Status.PodIP, numbers, s.application)
			if err != nil {
				return nil, nil, err
			}
			p.jwt[name] = p.jwt[name] || hasHTTPFilter(in, "envoy.filters.http.jwt_authn")
			out = append(out, l)
		}
	}
	return p, out, nil
}

// sendAll sends every flow once. Flows that an external authorizer answers go one by one.
func (r *recorder) sendAll(ready []*prepared) (map[*recordedCase]*answer, error) {
	s := newSender(r.pki)
	answers := map[*recordedCase]*answer{}
	var mu sync.Mutex
	var failed error
	one := func(p *prepared, c *recordedCase) {
		server, _ := p.cluster.server(c.Flow)
		a, err := s.send(p, p.pods[server], c.Flow)
		mu.Lock()
		defer mu.Unlock()
		if err != nil && failed == nil {
			failed = fmt.Errorf("%s: %w", p.name, err)
		}
		answers[c] = a
	}
	work := make(chan func())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for f := range work {
				f()
			}
		})
	}
	for _, p := range ready {
		for _, c := range p.cases {
			if c.Flow.ExtAuthz == nil && !c.answered() {
				work <- func() { one(p, c) }
			}
		}
	}
	close(work)
	wg.Wait()
	for _, p := range ready {
		for _, c := range p.cases {
			if c.Flow.ExtAuthz != nil && !c.answered() {
				r.authz.answer.Store(c.Flow.ExtAuthz["provider"])
				one(p, c)
			}
		}
	}
	return answers, failed
}

// settle waits until Envoy has logged every connection, or for three seconds.
func settle(p *proxy, answers map[*recordedCase]*answer) (map[string][]logLine, error) {
	var logs map[string][]logLine
	for range 30 {
		time.Sleep(100 * time.Millisecond)
		var err error
		if logs, err = p.logs(); err != nil {
			return nil, err
		}
		missing := 0
		for _, a := range answers {
			if len(logs[a.peer]) == 0 {
				missing++
			}
		}
		if missing == 0 {
			break
		}
	}
	return logs, nil
}

// checkIdentity makes sure that Envoy saw the identity that the flow names.
func checkIdentity(p *prepared, c *recordedCase, logs []logLine) {
	want := c.Flow.Source.Principal
	if want == "" {
		want = p.cluster.principal(p.cluster.pods[c.Flow.Source.Workload])
	}
	for _, l := range logs {
		if l.San != "" && l.San != "-" && l.San != "spiffe://"+want {
			say("Envoy saw another identity:", p.name, toJSON(c.Flow), l.San)
		}
	}
}

// compare says where the answer differs from what the scenario's author expects.
func compare(name string, c *recordedCase) {
	if c.want == "" {
		return
	}
	want, rule, _ := strings.Cut(c.want, " ")
	e := c.Expect
	ok := want == e.Verdict
	if e.ClientSees != nil && e.ClientSees.Status != 0 {
		ok = ok || want == fmt.Sprint(e.ClientSees.Status)
	}
	if a := e.Layers["authorization"]; ok && rule != "" {
		ok = a != nil && a.Reason != nil && fmt.Sprintf("%s#%d", a.Reason.Policy.Name, a.Reason.Rule) == rule
	}
	if !ok {
		f, _ := json.Marshal(c.Flow)
		got, _ := json.Marshal(e)
		fmt.Fprintf(os.Stderr, "DIFFERS %s: expected %s\n  flow %s\n  got  %s\n", name, c.want, f, got)
	}
}

// write stores scenarios that Envoy answered.
func (r *recorder) write(topic string, scenarios []*scenario) error {
	return r.writeAs(topic, "istiod's inbound listener in Envoy", scenarios)
}

// writeAs stores the scenarios as one case file, and how they were recorded.
func (r *recorder) writeAs(topic, how string, scenarios []*scenario) error {
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(r.out, topic+".jsonl.gz"))
	if err != nil {
		return err
	}
	defer f.Close()
	zip, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(zip)
	enc.SetEscapeHTML(false)
	count := 0
	for _, s := range scenarios {
		count += len(s.cases)
		line := recorded{
			Name: s.name, About: s.about, Options: s.options, Manifests: s.manifests, Cases: s.cases,
			Source: map[string]string{
				"istio": versions["ISTIO_RELEASE"], "istio_module": versions["ISTIO_MODULE"],
				"envoy": versions["ENVOY_RELEASE"], "how": how,
			},
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	if err := zip.Close(); err != nil {
		return err
	}
	say("wrote", topic, "scenarios", len(scenarios), "cases", count)
	return nil
}

func say(words ...any) { fmt.Fprintln(os.Stderr, words...) }
