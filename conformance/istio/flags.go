package main

import "istio.io/istio/pilot/pkg/features"

// setFlags turns istiod's named feature flags on and returns what turns them off again.
func setFlags(names []string) func() {
	for _, name := range names {
		if name == "PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS" {
			features.EnableMultipleCustomAuthzProviders = true
		}
	}
	return func() { features.EnableMultipleCustomAuthzProviders = false }
}
