package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	yamldecoder "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	meshconfig "istio.io/api/mesh/v1alpha1"
	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/kube"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/schema/resource"
)

// cluster is what a scenario's manifests declare.
type cluster struct {
	mesh       *meshconfig.MeshConfig
	namespaces map[string]*corev1.Namespace
	pods       map[string]*corev1.Pod // by ns/name
	services   []*corev1.Service
	configs    []config.Config
	rejected   []string // Istio objects that the webhook would refuse
}

// created is the age of every object that states none, so that ties fall to names.
var created = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func parseCluster(text string, bypassWebhook bool) (*cluster, error) {
	c := &cluster{namespaces: map[string]*corev1.Namespace{}, pods: map[string]*corev1.Pod{}}
	meshText := ""
	reader := yamldecoder.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for {
		doc, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		var head metav1.TypeMeta
		if err := yaml.Unmarshal(doc, &head); err != nil {
			return nil, fmt.Errorf("%w in %s", err, doc)
		}
		switch {
		case head.Kind == "":
		case head.Kind == "Namespace":
			ns := &corev1.Namespace{}
			if err := yaml.UnmarshalStrict(doc, ns); err != nil {
				return nil, err
			}
			c.namespaces[ns.Name] = ns
		case head.Kind == "Pod":
			pod := &corev1.Pod{}
			if err := yaml.UnmarshalStrict(doc, pod); err != nil {
				return nil, err
			}
			c.pods[pod.Namespace+"/"+pod.Name] = pod
		case head.Kind == "Service":
			svc := &corev1.Service{}
			if err := yaml.UnmarshalStrict(doc, svc); err != nil {
				return nil, err
			}
			c.services = append(c.services, svc)
		case head.Kind == "ServiceAccount", strings.HasPrefix(head.APIVersion, "gateway.networking.k8s.io/"):
		case head.Kind == "ConfigMap":
			cm := &corev1.ConfigMap{}
			if err := yaml.UnmarshalStrict(doc, cm); err != nil {
				return nil, err
			}
			if cm.Name == "istio" && cm.Namespace == "istio-system" {
				meshText = cm.Data["mesh"]
			}
		default:
			if err := c.addIstio(doc, bypassWebhook); err != nil {
				return nil, err
			}
		}
	}
	mc, err := mesh.ApplyMeshConfigDefaults(meshText)
	if err != nil {
		return nil, fmt.Errorf("mesh config: %w", err)
	}
	c.mesh = mc
	return c, nil
}

func (c *cluster) addIstio(doc []byte, bypassWebhook bool) error {
	raw, err := yaml.YAMLToJSON(doc)
	if err != nil {
		return err
	}
	var obj crd.IstioKind
	if err := json.Unmarshal(raw, &obj); err != nil {
		return err
	}
	gvk := obj.GroupVersionKind()
	schema, ok := collections.All.FindByGroupVersionAliasesKind(resource.FromKubernetesGVK(&gvk))
	if !ok {
		return fmt.Errorf("unknown kind %v", gvk)
	}
	cfg, err := crd.ConvertObject(schema, &obj, "cluster.local")
	if err != nil {
		c.rejected = append(c.rejected, obj.Name+": "+err.Error())
		return nil
	}
	if cfg.CreationTimestamp.IsZero() {
		cfg.CreationTimestamp = created
	}
	if _, err := schema.ValidateConfig(*cfg); err != nil && !bypassWebhook {
		c.rejected = append(c.rejected, obj.Name+": "+err.Error())
		return nil
	}
	c.configs = append(c.configs, *cfg)
	return nil
}

// inMesh tells whether the pod has a sidecar: the pod's own label or annotation, else its namespace.
func (c *cluster) inMesh(pod *corev1.Pod) bool {
	for _, from := range []map[string]string{pod.Labels, pod.Annotations} {
		if v, ok := from["sidecar.istio.io/inject"]; ok {
			return v == "true"
		}
	}
	ns := c.namespaces[pod.Namespace]
	return ns != nil && ns.Labels["istio-injection"] == "enabled"
}

// tlsMode is whether the pod takes mTLS: its label, else as the injector labels it.
func (c *cluster) tlsMode(pod *corev1.Pod) string {
	if v, ok := pod.Labels["security.istio.io/tlsMode"]; ok {
		return v
	}
	if c.inMesh(pod) {
		return model.IstioMutualTLSModeLabel
	}
	return model.DisabledTLSModeLabel
}

// ambient tells whether the pod is in ambient: its own label, else its namespace's.
func (c *cluster) ambient(name string) bool {
	pod := c.pods[name]
	if pod == nil {
		return false
	}
	if v, ok := pod.Labels["istio.io/dataplane-mode"]; ok {
		return v == "ambient"
	}
	ns := c.namespaces[pod.Namespace]
	return ns != nil && ns.Labels["istio.io/dataplane-mode"] == "ambient"
}

// principal is the SPIFFE identity of a pod without its scheme.
func (c *cluster) principal(pod *corev1.Pod) string {
	account := pod.Spec.ServiceAccountName
	if account == "" {
		account = "default"
	}
	return c.mesh.TrustDomain + "/ns/" + pod.Namespace + "/sa/" + account
}

// servicePort finds the first service port that leads to the pod's port.
func (c *cluster) servicePort(pod *corev1.Pod, port uint32) (host string, number int32) {
	for _, svc := range c.services {
		if svc.Namespace != pod.Namespace || !selects(svc, pod) {
			continue
		}
		for _, p := range svc.Spec.Ports {
			if uint32(targetPort(p, pod)) == port {
				return svc.Name + "." + svc.Namespace + ".svc.cluster.local", p.Port
			}
		}
	}
	return "", 0
}

// http2 tells whether clients speak HTTP/2 to the pod's port: the Service that leads there declares it.
func (c *cluster) http2(pod *corev1.Pod, port uint32) bool {
	for _, svc := range c.services {
		if svc.Namespace != pod.Namespace || !selects(svc, pod) {
			continue
		}
		for _, p := range svc.Spec.Ports {
			if uint32(targetPort(p, pod)) == port {
				return kube.ConvertProtocol(p.Port, p.Name, p.Protocol, p.AppProtocol).IsHTTP2()
			}
		}
	}
	return false
}

// called finds a Service's port.
func (c *cluster) called(name string, port uint32) (*corev1.Service, *corev1.ServicePort) {
	for _, svc := range c.services {
		for i, p := range svc.Spec.Ports {
			if svc.Namespace+"/"+svc.Name == name && uint32(p.Port) == port {
				return svc, &svc.Spec.Ports[i]
			}
		}
	}
	return nil, nil
}

// backend is a pod behind a Service's port, and its own port.
func (c *cluster) backend(name string, port uint32) (string, uint32) {
	svc, p := c.called(name, port)
	for _, pod := range sortedPods(c) {
		if svc != nil && pod.Namespace == svc.Namespace && selects(svc, pod) {
			return pod.Namespace + "/" + pod.Name, uint32(targetPort(*p, pod))
		}
	}
	return "", 0
}

// server is the pod that a flow ends at, and its port.
func (c *cluster) server(f *flow) (string, uint32) {
	if f.Destination.Service != "" {
		return c.backend(f.Destination.Service, f.Port)
	}
	return f.Destination.Workload, f.Port
}

// calledHTTP2 is http2 for a flow to a Service or a pod.
func (c *cluster) calledHTTP2(f *flow) bool {
	if f.Destination.Service == "" {
		return c.http2(c.pods[f.Destination.Workload], f.Port)
	}
	_, p := c.called(f.Destination.Service, f.Port)
	return p != nil && kube.ConvertProtocol(p.Port, p.Name, p.Protocol, p.AppProtocol).IsHTTP2()
}

func selects(svc *corev1.Service, pod *corev1.Pod) bool {
	if len(svc.Spec.Selector) == 0 {
		return false
	}
	for k, v := range svc.Spec.Selector {
		if pod.Labels[k] != v {
			return false
		}
	}
	return true
}

func targetPort(p corev1.ServicePort, pod *corev1.Pod) int32 {
	if p.TargetPort.StrVal != "" {
		for _, container := range pod.Spec.Containers {
			for _, cp := range container.Ports {
				if cp.Name == p.TargetPort.StrVal {
					return cp.ContainerPort
				}
			}
		}
		return 0
	}
	if p.TargetPort.IntVal != 0 {
		return p.TargetPort.IntVal
	}
	return p.Port
}
