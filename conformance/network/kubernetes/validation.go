package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	objectmeta "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"mayreach.dev/conformance/network/cases"
)

// each is how many mutated objects of every base are recorded.
const each = 1000

var long = strings.Repeat("a", 254)

var selectors = []any{
	cases.Parse(`{}`), cases.Parse(`{"matchLabels": {"app": "web"}}`),
	cases.Parse(`{"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "b"]}]}`),
	cases.Parse(`{"matchExpressions": [{"key": "app", "operator": "Exists"}], "matchLabels": {"x/y": ""}}`),
	cases.Parse(`{"matchLabels": {"-bad": "x"}}`), cases.Parse(`{"matchLabels": {"ok": "-bad"}}`),
	cases.Parse(`{"matchLabels": {"a/b/c": "x"}}`), cases.Parse(`{"matchLabels": {"UP.example/Name": "V_a.l"}}`),
}

var grammar = cases.Grammar{
	Children: map[string][]string{
		"":                  {"spec"},
		"spec":              {"podSelector", "policyTypes", "ingress", "egress", "subject", "priority", "tier"},
		"ingress":           {"from", "ports", "name", "action", "protocols"},
		"egress":            {"to", "ports", "name", "action", "protocols"},
		"from":              {"podSelector", "namespaceSelector", "ipBlock", "namespaces", "pods"},
		"to":                {"podSelector", "namespaceSelector", "ipBlock", "namespaces", "pods", "networks", "nodes", "domainNames"},
		"subject":           {"namespaces", "pods"},
		"pods":              {"podSelector", "namespaceSelector"},
		"ipBlock":           {"cidr", "except"},
		"ports":             {"protocol", "port", "endPort", "portNumber", "namedPort", "portRange"},
		"portNumber":        {"protocol", "port"},
		"portRange":         {"protocol", "start", "end"},
		"protocols":         {"tcp", "udp", "sctp", "destinationNamedPort"},
		"tcp":               {"destinationPort"},
		"udp":               {"destinationPort"},
		"sctp":              {"destinationPort"},
		"destinationPort":   {"number", "range"},
		"range":             {"start", "end"},
		"podSelector":       {"matchLabels", "matchExpressions"},
		"namespaceSelector": {"matchLabels", "matchExpressions"},
		"namespaces":        {"matchLabels", "matchExpressions"},
		"nodes":             {"matchLabels", "matchExpressions"},
		"matchExpressions":  {"key", "operator", "values"},
		"metadata":          {"labels"},
	},
	Values: map[string][]any{
		"name":              {"p", "P", "p.q", "-p", "p_q", long, "p-", "0", "default", "Allow from everywhere", strings.Repeat("b", 101)},
		"namespace":         {"shop", "Shop", "a.b", "kube-system"},
		"labels":            {cases.Parse(`{"a": "b"}`), cases.Parse(`{"a b": "c"}`), cases.Parse(`{"a": "b c"}`)},
		"podSelector":       selectors,
		"namespaceSelector": selectors,
		"namespaces":        selectors,
		"nodes":             selectors,
		"matchLabels":       {cases.Parse(`{"app": "web"}`), cases.Parse(`{"": "x"}`), cases.Parse(`{"a": ""}`), cases.Parse(`{"kubernetes.io/metadata.name": "shop"}`)},
		"matchExpressions": {
			cases.Parse(`[{"key": "a", "operator": "NotIn", "values": ["x"]}]`), cases.Parse(`[{"key": "a", "operator": "Exists", "values": ["x"]}]`),
			cases.Parse(`[{"key": "a", "operator": "In"}]`), cases.Parse(`[{"key": "a", "operator": "Gt", "values": ["1"]}]`),
		},
		"key":                  {"a", "a/b", "/b", "a/", "", "_", "A.b/c_d", strings.Repeat("k", 64), "é"},
		"operator":             {"In", "NotIn", "Exists", "DoesNotExist", "in", "", "Equals"},
		"values":               {cases.Parse(`["a"]`), cases.Parse(`[]`), cases.Parse(`["a", "a"]`), cases.Parse(`["-"]`), cases.Parse(`[""]`)},
		"policyTypes":          {cases.Parse(`["Ingress"]`), cases.Parse(`["Egress", "Ingress"]`), cases.Parse(`["ingress"]`), cases.Parse(`["Ingress", "Ingress"]`), cases.Parse(`["Ingress", "Egress", "Ingress"]`), cases.Parse(`[""]`), cases.Parse(`[]`)},
		"ingress":              {cases.Parse(`[{}]`), cases.Parse(`[{"from": []}]`), cases.Parse(`[{"from": [{}]}]`), cases.Parse(`[{"ports": [{}]}]`)},
		"egress":               {cases.Parse(`[{}]`), cases.Parse(`[{"to": []}]`), cases.Parse(`[{"to": [{}]}]`), cases.Parse(`[{"ports": [{"port": 53, "protocol": "UDP"}]}]`)},
		"from":                 {cases.Parse(`[{"podSelector": {}}]`), cases.Parse(`[{"ipBlock": {"cidr": "10.0.0.0/8"}}]`), cases.Parse(`[{"namespaces": {}}]`), cases.Parse(`[{}]`), cases.Parse(`[]`)},
		"to":                   {cases.Parse(`[{"podSelector": {}}]`), cases.Parse(`[{"networks": ["10.0.0.0/8"]}]`), cases.Parse(`[{"domainNames": ["a.example"]}]`), cases.Parse(`[{}]`), cases.Parse(`[]`)},
		"ipBlock":              {cases.Parse(`{"cidr": "10.0.0.0/8"}`), cases.Parse(`{}`), cases.Parse(`{"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}`), cases.Parse(`{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "11.0.0.0/8"]}`), cases.Parse(`{"cidr": "2001:db8::/32", "except": ["2001:db8:1::/48"]}`), cases.Parse(`{"cidr": "2001:db8::/32", "except": ["10.0.0.0/24"]}`)},
		"cidr":                 {"10.0.0.0/8", "0.0.0.0/0", "::/0", "10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "", "010.0.0.0/8", "::ffff:10.0.0.0/104", "10.0.0.0/08", "300.0.0.0/8", "2001:DB8::/32", " 10.0.0.0/8", "10.0.0/8"},
		"except":               {cases.Parse(`["10.1.0.0/16"]`), cases.Parse(`["10.0.0.0/7"]`), cases.Parse(`["10.0.0.1"]`), cases.Parse(`[]`), cases.Parse(`["10.1.0.0/16", "10.1.0.0/16"]`), cases.Parse(`["0.0.0.0/0"]`)},
		"ports":                {cases.Parse(`[{"port": 80}]`), cases.Parse(`[{}]`), cases.Parse(`[{"port": "http"}]`), cases.Parse(`[{"port": 80, "endPort": 90}]`), cases.Parse(`[{"port": "http", "endPort": 90}]`), cases.Parse(`[{"endPort": 90}]`)},
		"portNumber":           {cases.Parse(`{"protocol": "TCP", "port": 80}`), cases.Parse(`{"port": 80}`), cases.Parse(`{"protocol": "TCP"}`)},
		"portRange":            {cases.Parse(`{"protocol": "TCP", "start": 1, "end": 9}`), cases.Parse(`{"start": 9, "end": 1}`), cases.Parse(`{"protocol": "TCP", "start": 5, "end": 5}`)},
		"namedPort":            {"http", "", "HTTP", "a b", "toolongportname1", "80"},
		"protocol":             {"TCP", "UDP", "SCTP", "tcp", "ICMP", "", "6"},
		"port":                 {80, 0, 65535, 65536, -1, "http", "80", "", "HTTP", "a--b", "toolongportname1", "-a", "a-", "1a", "p_1"},
		"endPort":              {90, 80, 1, 65535, 65536, 0, -1},
		"subject":              {cases.Parse(`{"namespaces": {}}`), cases.Parse(`{"pods": {"namespaceSelector": {}, "podSelector": {}}}`), cases.Parse(`{}`), cases.Parse(`{"namespaces": {}, "pods": {"namespaceSelector": {}, "podSelector": {}}}`), cases.Parse(`{"pods": {"podSelector": {}}}`)},
		"pods":                 {cases.Parse(`{"namespaceSelector": {}, "podSelector": {}}`), cases.Parse(`{"namespaceSelector": {}}`), cases.Parse(`{"podSelector": {}}`), cases.Parse(`{}`)},
		"priority":             {0, 1000, 1001, -1, 500},
		"tier":                 {"Admin", "Baseline", "admin", "", "Default"},
		"action":               {"Accept", "Allow", "Deny", "Pass", "accept", "", "Log"},
		"networks":             {cases.Parse(`["10.0.0.0/8"]`), cases.Parse(`[]`), cases.Parse(`["10.0.0.0"]`), cases.Parse(`["10.0.0.0/8", "2001:db8::/32"]`), cases.Parse(`["10.0.0.1/8"]`), cases.Parse(`["10.0.0.0/8", "10.0.0.0/8"]`), cases.Parse(`["::ffff:10.0.0.0/104"]`)},
		"domainNames":          {cases.Parse(`["a.example"]`), cases.Parse(`["*.a.example"]`), cases.Parse(`["*"]`), cases.Parse(`["a.*.example"]`), cases.Parse(`["A.example"]`), cases.Parse(`["a.example."]`), cases.Parse(`[]`), cases.Parse(`["example"]`)},
		"protocols":            {cases.Parse(`[{"tcp": {"destinationPort": {"number": 80}}}]`), cases.Parse(`[{}]`), cases.Parse(`[]`), cases.Parse(`[{"udp": {"destinationPort": {"range": {"start": 1, "end": 2}}}}]`), cases.Parse(`[{"destinationNamedPort": "http"}]`), cases.Parse(`[{"tcp": {}}]`), cases.Parse(`[{"tcp": {"destinationPort": {"number": 1}}, "udp": {"destinationPort": {"number": 1}}}]`)},
		"tcp":                  {cases.Parse(`{"destinationPort": {"number": 80}}`), cases.Parse(`{}`)},
		"udp":                  {cases.Parse(`{"destinationPort": {"number": 80}}`)},
		"sctp":                 {cases.Parse(`{"destinationPort": {"range": {"start": 5, "end": 4}}}`)},
		"destinationPort":      {cases.Parse(`{"number": 80}`), cases.Parse(`{"range": {"start": 1, "end": 65535}}`), cases.Parse(`{}`), cases.Parse(`{"number": 1, "range": {"start": 1, "end": 2}}`), cases.Parse(`{"range": {"start": 2, "end": 2}}`), cases.Parse(`{"range": {"start": 2}}`)},
		"destinationNamedPort": {"http", "", "HTTP", "a b", "toolongportname1", "80"},
		"number":               {0, 1, 65535, 65536, 80},
		"start":                {0, 1, 80, 65535},
		"end":                  {0, 1, 81, 65536},
	},
}

var bases = []string{
	`{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "shop"},
	  "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress", "Egress"],
	    "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "a"}}, "namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "In", "values": ["x"]}]}}, {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}],
	      "ports": [{"port": 80, "protocol": "TCP"}, {"port": 8000, "endPort": 9000}, {"port": "http"}]}],
	    "egress": [{"to": [{"podSelector": {}}], "ports": [{"port": 53, "protocol": "UDP"}]}]}}`,
	`{"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", "metadata": {"name": "p"},
	  "spec": {"tier": "Admin", "priority": 10, "subject": {"namespaces": {"matchLabels": {"a": "b"}}},
	    "ingress": [{"name": "r", "action": "Accept", "from": [{"namespaces": {}}, {"pods": {"namespaceSelector": {}, "podSelector": {}}}], "protocols": [{"tcp": {"destinationPort": {"number": 80}}}, {"destinationNamedPort": "http"}]}],
	    "egress": [{"action": "Deny", "to": [{"networks": ["10.0.0.0/8"]}], "protocols": [{"udp": {"destinationPort": {"range": {"start": 1, "end": 9}}}}]}, {"action": "Accept", "to": [{"domainNames": ["*.a.example"]}]}, {"action": "Pass", "to": [{"nodes": {}}]}]}}`,
	`{"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy", "metadata": {"name": "p"},
	  "spec": {"priority": 10, "subject": {"namespaces": {"matchLabels": {"a": "b"}}},
	    "ingress": [{"name": "r", "action": "Allow", "from": [{"namespaces": {}}, {"pods": {"namespaceSelector": {}, "podSelector": {}}}], "ports": [{"portNumber": {"protocol": "TCP", "port": 80}}, {"namedPort": "http"}]}],
	    "egress": [{"action": "Deny", "to": [{"networks": ["10.0.0.0/8"]}], "ports": [{"portRange": {"protocol": "UDP", "start": 1, "end": 9}}]}, {"action": "Allow", "to": [{"domainNames": ["*.a.example"]}]}, {"action": "Pass", "to": [{"nodes": {}}]}]}}`,
	`{"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "BaselineAdminNetworkPolicy", "metadata": {"name": "default"},
	  "spec": {"subject": {"pods": {"namespaceSelector": {}, "podSelector": {}}}, "ingress": [{"action": "Deny", "from": [{"namespaces": {}}], "ports": [{"portNumber": {"protocol": "SCTP", "port": 80}}]}],
	    "egress": [{"action": "Allow", "to": [{"networks": ["10.0.0.0/8"]}]}]}}`,
}

// recordValidation writes which objects the API server takes: NetworkPolicy by its own code, the
// others by the schema and the CEL rules of their CRD.
func recordValidation(out string, crds []string) error {
	var lines []cases.Checked
	custom := map[string]*customResource{}
	for _, path := range crds {
		if err := readCRD(path, custom); err != nil {
			return err
		}
	}
	for seed, text := range bases {
		base := cases.Parse(text)
		r := rand.New(rand.NewPCG(41, uint64(seed)))
		seen := map[string]bool{}
		for len(seen) < each {
			object := grammar.Mutate(r, base).(map[string]any)
			key, err := json.Marshal(object)
			if err != nil {
				return err
			}
			if seen[string(key)] {
				continue
			}
			seen[string(key)] = true
			var problems field.ErrorList
			if object["kind"] == "NetworkPolicy" {
				var policy networkingv1.NetworkPolicy
				// What is no NetworkPolicy at all is not a question of validation.
				if err := yaml.UnmarshalStrict(key, &policy); err != nil {
					continue
				}
				if err := asApiserver(&policy); err != nil {
					problems = append(problems, field.InternalError(nil, err))
				}
			} else {
				var known bool
				if problems, known = custom[object["apiVersion"].(string)+" "+object["kind"].(string)].check(key); !known {
					continue
				}
			}
			line := cases.Checked{Manifest: object, Valid: len(problems) == 0}
			if !line.Valid {
				// the schema walks a map: its problems come in any order
				slices.SortFunc(problems, func(a, b *field.Error) int { return cmp.Compare(a.Error(), b.Error()) })
				line.Error = problems.ToAggregate().Error()
			}
			lines = append(lines, line)
		}
	}
	valid := 0
	for _, line := range lines {
		if line.Valid {
			valid++
		}
	}
	fmt.Printf("%-40s %4d objects %6d valid\n", "validation", len(lines), valid)
	return cases.Write(filepath.Join(out, "kubernetes.jsonl.gz"), lines)
}

type customResource struct {
	structural *schema.Structural
	shape      validation.SchemaValidator
	rules      *cel.Validator
}

func readCRD(path string, into map[string]*customResource) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return err
	}
	for _, version := range crd.Spec.Versions {
		var internal apiextensions.JSONSchemaProps
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(version.Schema.OpenAPIV3Schema, &internal, nil); err != nil {
			return err
		}
		structural, err := schema.NewStructural(&internal)
		if err != nil {
			return err
		}
		shape, _, err := validation.NewSchemaValidator(&internal)
		if err != nil {
			return err
		}
		name := crd.Spec.Group + "/" + version.Name + " " + crd.Spec.Names.Kind
		into[name] = &customResource{structural, shape, cel.NewValidator(structural, true, celconfig.PerCallLimit)}
	}
	return nil
}

// check answers for an object whose fields are all known; the API server drops the others first.
func (c *customResource) check(text []byte) (problems field.ErrorList, known bool) {
	var object map[string]any
	// Whole numbers stay whole, as the API server has them.
	if err := utiljson.Unmarshal(text, &object); err != nil {
		return field.ErrorList{field.InternalError(nil, err)}, true
	}
	track := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	if unknown := pruning.PruneWithOptions(object, c.structural, true, track); len(unknown) > 0 {
		return nil, false
	}
	var meta metav1.ObjectMeta
	if err := convert(object["metadata"], &meta); err != nil {
		return field.ErrorList{field.InternalError(nil, err)}, true
	}
	if names := objectmeta.ValidateObjectMeta(&meta, false, objectmeta.NameIsDNSSubdomain, field.NewPath("metadata")); len(names) > 0 {
		return names, true
	}
	defaulting.Default(object, c.structural)
	problems = validation.ValidateCustomResource(nil, object, c.shape)
	problems = append(problems, listtype.ValidateListSetsAndMaps(nil, c.structural, object)...)
	if len(problems) > 0 {
		return problems, true
	}
	rules, _ := c.rules.Validate(context.Background(), nil, c.structural, object, nil, celconfig.RuntimeCELCostBudget)
	return rules, true
}

func convert(tree, into any) error {
	text, err := json.Marshal(tree)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
