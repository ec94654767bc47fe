//! Every policy kind, every kind of the inventory, and their fields as manifests spell them.

/// Family, kind, its fields, and why a field may have no case.
pub(super) type Kind =
    (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

pub(super) const KINDS: &[Kind] = &[
    (
        "kubernetes",
        "NetworkPolicy",
        "podSelector policyTypes ingress egress from to ports protocol port endPort \
            namespaceSelector ipBlock cidr except matchLabels matchExpressions",
        &[],
    ),
    (
        "kubernetes",
        "AdminNetworkPolicy",
        "priority subject ingress egress from to name action namespaces pods networks \
            nodes domainNames ports portNumber namedPort portRange",
        &[
            (
                "nodes",
                "the reference engine reads it as the pods of those nodes; read by hand from the API",
            ),
            ("domainNames", "no address says which domain it is; always undetermined"),
        ],
    ),
    (
        "kubernetes",
        "BaselineAdminNetworkPolicy",
        "subject ingress egress from to name action namespaces pods networks nodes ports \
            portNumber namedPort portRange",
        &[(
            "nodes",
            "the reference engine reads it as the pods of those nodes; read by hand from the API",
        )],
    ),
    (
        "kubernetes",
        "ClusterNetworkPolicy",
        "tier priority subject ingress egress from to name action namespaces pods \
            networks nodes domainNames protocols tcp udp sctp destinationPort number range \
            destinationNamedPort",
        &[
            (
                "nodes",
                "the reference engine reads it as the pods of those nodes; read by hand from the API",
            ),
            ("domainNames", "no address says which domain it is; always undetermined"),
        ],
    ),
    ("kubernetes", "Namespace", "name labels", &[]),
    (
        "kubernetes",
        "Pod",
        "labels annotations nodeName hostNetwork serviceAccountName serviceAccount \
            containers initContainers restartPolicy ports containerPort hostPort podIP \
            podIPs hostIP phase deletionTimestamp ownerReferences",
        &[(
            "deletionTimestamp",
            "a pod that is going away keeps its address until its status says otherwise",
        )],
    ),
    ("kubernetes", "Deployment", "template", &[]),
    ("kubernetes", "StatefulSet", "template", &[]),
    ("kubernetes", "DaemonSet", "template", &[]),
    ("kubernetes", "ReplicaSet", "template", &[]),
    ("kubernetes", "ReplicationController", "template", &[]),
    ("kubernetes", "Job", "template", &[]),
    ("kubernetes", "CronJob", "jobTemplate template", &[]),
    ("kubernetes", "Rollout", "template workloadRef", &[]),
    ("kubernetes", "DeploymentConfig", "template", &[]),
    (
        "kubernetes",
        "Service",
        "type selector clusterIP clusterIPs externalName externalIPs loadBalancer ports \
            port protocol targetPort nodePort appProtocol internalTrafficPolicy \
            externalTrafficPolicy",
        &[],
    ),
    (
        "kubernetes",
        "EndpointSlice",
        "kubernetes.io/service-name addressType endpoints addresses ports",
        &[],
    ),
    ("kubernetes", "Endpoints", "subsets addresses ports", &[]),
    ("kubernetes", "ServiceAccount", "labels", &[]),
    ("kubernetes", "Node", "labels addresses", &[]),
    (
        "calico",
        "NetworkPolicy",
        "tier order types ingress egress serviceAccountSelector performanceHints action \
            protocol notProtocol icmp notICMP ipVersion source destination nets notNets \
            selector notSelector namespaceSelector ports notPorts serviceAccounts services \
            http methods paths exact prefix metadata",
        &[("performanceHints", "has no meaning for verdicts")],
    ),
    (
        "calico",
        "GlobalNetworkPolicy",
        "tier order types ingress egress serviceAccountSelector doNotTrack preDNAT \
            applyOnForward performanceHints action protocol notProtocol icmp notICMP \
            ipVersion source destination nets notNets selector notSelector namespaceSelector \
            ports notPorts serviceAccounts services http methods paths exact prefix metadata",
        &[
            ("doNotTrack", "host endpoints only; Calico's importable code does not run them"),
            ("preDNAT", "host endpoints only; Calico's importable code does not run them"),
            ("applyOnForward", "host endpoints only; Calico's importable code does not run them"),
            ("performanceHints", "has no meaning for verdicts"),
        ],
    ),
    ("calico", "Tier", "order defaultAction", &[]),
    ("calico", "NetworkSet", "nets labels", &[]),
    ("calico", "GlobalNetworkSet", "nets labels", &[]),
    ("calico", "HostEndpoint", "node interfaceName expectedIPs profiles ports labels", &[]),
    ("calico", "Profile", "ingress egress labelsToApply", &[]),
    (
        "calico",
        "StagedNetworkPolicy",
        "stagedAction tier order selector types ingress egress serviceAccountSelector \
            performanceHints",
        &[("performanceHints", "has no meaning for verdicts")],
    ),
    (
        "calico",
        "StagedGlobalNetworkPolicy",
        "stagedAction tier order selector namespaceSelector types ingress egress \
            serviceAccountSelector doNotTrack preDNAT applyOnForward performanceHints",
        &[
            ("performanceHints", "has no meaning for verdicts"),
            ("doNotTrack", "what one would do is told of pods only, where these have no part"),
            ("preDNAT", "what one would do is told of pods only, where these have no part"),
            ("applyOnForward", "what one would do is told of pods only, where these have no part"),
        ],
    ),
    (
        "calico",
        "StagedKubernetesNetworkPolicy",
        "stagedAction podSelector policyTypes ingress egress",
        &[],
    ),
    ("calico", "IPPool", "cidr disabled allowedUses ipipMode vxlanMode natOutgoing", &[]),
    (
        "calico",
        "FelixConfiguration",
        "defaultEndpointToHostAction failsafeInboundHostPorts failsafeOutboundHostPorts \
            bpfEnabled policySyncPathPrefix natOutgoingExclusions chainInsertMode \
            iptablesFilterDenyAction nftablesFilterDenyAction allowVXLANPacketsFromWorkloads \
            allowIPIPPacketsFromWorkloads",
        &[
            ("chainInsertMode", "noted, not evaluated: held by unit tests"),
            ("iptablesFilterDenyAction", "noted, not evaluated: held by unit tests"),
            ("nftablesFilterDenyAction", "noted, not evaluated: held by unit tests"),
            ("allowVXLANPacketsFromWorkloads", "noted, not evaluated: held by unit tests"),
            ("allowIPIPPacketsFromWorkloads", "noted, not evaluated: held by unit tests"),
        ],
    ),
    ("calico", "ClusterInformation", "calicoVersion", &[]),
    (
        "calico",
        "KubeControllersConfiguration",
        "hostEndpoint autoCreate \
 createDefaultHostEndpoint templates",
        &[
            ("templates", "noted, not evaluated: held by unit tests"),
            ("createDefaultHostEndpoint", "noted, not evaluated: held by unit tests"),
        ],
    ),
    ("istio", "PeerAuthentication", "selector mtls mode portLevelMtls", &[]),
    (
        "istio",
        "RequestAuthentication",
        "issuer audiences jwks fromHeaders fromParams fromCookies outputPayloadToHeader \
            outputClaimToHeaders forwardOriginalToken spaceDelimitedClaims jwksUri timeout",
        &[
            ("jwksUri", "nothing is fetched; the caller gives the keys"),
            ("timeout", "only times the fetching of keys"),
        ],
    ),
];
