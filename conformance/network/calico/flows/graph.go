package main

import (
	"fmt"

	apiv3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/calico/felix/calc"
	"github.com/projectcalico/calico/felix/config"
	"github.com/projectcalico/calico/felix/proto"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/api"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/k8s/conversion"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/model"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/syncersv1/updateprocessors"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/watchersyncer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const localNode = "local"

// dataplane is what Felix' calculation graph tells its data plane.
type dataplane struct {
	policies  map[string]*proto.Policy
	profiles  map[string]*proto.Profile
	endpoints map[string]*proto.WorkloadEndpoint
	members   map[string]map[string]bool
	unknown   error
}

func (d *dataplane) receive(message any) {
	switch m := message.(type) {
	case *proto.ActivePolicyUpdate:
		d.policies[m.Id.Name] = m.Policy
	case *proto.ActiveProfileUpdate:
		d.profiles[m.Id.Name] = m.Profile
	case *proto.WorkloadEndpointUpdate:
		d.endpoints[m.Id.WorkloadId] = m.Endpoint
	case *proto.IPSetUpdate:
		set := map[string]bool{}
		for _, member := range m.Members {
			set[member] = true
		}
		d.members[m.Id] = set
	case *proto.IPSetDeltaUpdate:
		for _, member := range m.AddedMembers {
			d.members[m.Id][member] = true
		}
		for _, member := range m.RemovedMembers {
			delete(d.members[m.Id], member)
		}
	case *proto.ActivePolicyRemove, *proto.ActiveProfileRemove, *proto.WorkloadEndpointRemove, *proto.IPSetRemove:
		d.unknown = fmt.Errorf("unexpected %T", message)
	}
}

// feeder pushes objects through their real update processors into the validation filter.
type feeder struct {
	filter    *calc.ValidationFilter
	processor map[string]watchersyncer.SyncerUpdateProcessor
}

func (f *feeder) feed(kind string, object *model.KVPair) error {
	pairs := []*model.KVPair{object}
	if p := f.processor[kind]; p != nil {
		var err error
		if pairs, err = p.Process(object); err != nil {
			return fmt.Errorf("%s %v: %w", kind, object.Key, err)
		}
	}
	for _, pair := range pairs {
		if pair.Value == nil {
			continue // filtered out, such as a pod without address
		}
		f.filter.OnUpdates([]api.Update{{KVPair: *pair, UpdateType: api.UpdateTypeKVNew}})
	}
	return nil
}

func newFeeder(filter *calc.ValidationFilter) *feeder {
	return &feeder{filter, map[string]watchersyncer.SyncerUpdateProcessor{
		"profile":   updateprocessors.NewProfileUpdateProcessor(),
		"pod":       updateprocessors.NewWorkloadEndpointUpdateProcessor(),
		"np":        updateprocessors.NewNetworkPolicyUpdateProcessor(),
		"gnp":       updateprocessors.NewGlobalNetworkPolicyUpdateProcessor(),
		"set":       updateprocessors.NewNetworkSetUpdateProcessor(),
		"globalset": updateprocessors.NewGlobalNetworkSetUpdateProcessor(),
		"host":      updateprocessors.NewHostEndpointUpdateProcessor(),
	}}
}

// calculate runs conversion, update processors, validation filter and calculation graph.
func calculate(all *objects) (*dataplane, error) {
	d := &dataplane{map[string]*proto.Policy{}, map[string]*proto.Profile{}, map[string]*proto.WorkloadEndpoint{}, map[string]map[string]bool{}, nil}
	conf := config.New()
	conf.FelixHostname = localNode
	sequencer := calc.NewEventSequencer(conf)
	sequencer.Callback = d.receive
	graph := calc.NewCalculationGraph(sequencer, conf, func() {})
	f := newFeeder(calc.NewValidationFilter(graph, conf))
	if err := feedAll(f, all); err != nil {
		return nil, err
	}
	graph.OnStatusUpdated(api.InSync)
	graph.Flush()
	sequencer.Flush()
	return d, d.unknown
}

func feedAll(f *feeder, all *objects) error {
	converter := conversion.NewConverter()
	add := func(kind string) func(*model.KVPair, error) error {
		return func(pair *model.KVPair, err error) error {
			if err != nil {
				return err
			}
			return f.feed(kind, pair)
		}
	}
	own := func(kind, v3 string, object metav1.Object) error {
		key := model.ResourceKey{Kind: v3, Name: object.GetName(), Namespace: object.GetNamespace()}
		return f.feed(kind, &model.KVPair{Key: key, Value: object})
	}
	var errs []error
	check := func(err error) { errs = append(errs, err) }
	for _, o := range all.namespaces {
		check(add("profile")(converter.NamespaceToProfile(o)))
	}
	for _, o := range all.accounts {
		check(add("profile")(converter.ServiceAccountToProfile(o)))
	}
	for _, o := range all.pods {
		if !converter.IsValidCalicoWorkloadEndpoint(o) {
			continue
		}
		local := o.DeepCopy()
		local.Spec.NodeName = localNode // so that this one Felix has every pod's programs
		pairs, err := converter.PodToWorkloadEndpoints(local)
		check(err)
		for _, pair := range pairs {
			check(f.feed("pod", pair))
		}
	}
	for _, o := range all.slices {
		check(add("slice")(converter.EndpointSliceToKVP(o)))
	}
	for _, o := range all.sets {
		check(own("set", apiv3.KindNetworkSet, o))
	}
	for _, o := range all.globalSets {
		check(own("globalset", apiv3.KindGlobalNetworkSet, o))
	}
	for _, o := range all.hosts {
		check(own("host", apiv3.KindHostEndpoint, o))
	}
	for _, o := range all.k8s {
		pair, err := converter.K8sNetworkPolicyToCalico(o)
		if pair == nil {
			check(err)
			continue
		}
		check(f.feed("np", pair)) // an error beside a policy tells of dropped rules
	}
	for _, o := range all.namespaced {
		check(own("np", apiv3.KindNetworkPolicy, o))
	}
	for _, o := range all.global {
		check(own("gnp", apiv3.KindGlobalNetworkPolicy, o))
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
