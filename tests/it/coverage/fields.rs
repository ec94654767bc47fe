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
    (
        "istio",
        "AuthorizationPolicy",
        "selector matchLabels targetRef targetRefs action provider rules from source to \
            operation when key values notValues principals notPrincipals requestPrincipals \
            notRequestPrincipals namespaces notNamespaces serviceAccounts notServiceAccounts \
            ipBlocks notIpBlocks remoteIpBlocks notRemoteIpBlocks trustDomains \
            notTrustDomains hosts notHosts ports notPorts methods notMethods paths notPaths \
            istio.io/dry-run source.ip remote.ip source.namespace source.principal \
            source.serviceAccount source.trustDomain request.headers request.auth.principal \
            request.auth.audiences request.auth.presenter request.auth.claims destination.ip \
            destination.port connection.sni experimental.envoy.filters",
        &[],
    ),
    ("istio", "PeerAuthentication", "selector matchLabels mtls mode portLevelMtls", &[]),
    (
        "istio",
        "RequestAuthentication",
        "selector matchLabels targetRef targetRefs jwtRules issuer audiences jwks jwksUri \
            jwks_uri fromHeaders prefix fromParams fromCookies outputPayloadToHeader \
            outputClaimToHeaders forwardOriginalToken spaceDelimitedClaims timeout",
        &[
            ("jwksUri", "nothing is fetched; the caller gives the keys"),
            ("jwks_uri", "the old spelling of jwksUri"),
            ("timeout", "only times the fetching of keys"),
        ],
    ),
    (
        "istio",
        "DestinationRule",
        "host exportTo workloadSelector trafficPolicy tls mode DISABLE SIMPLE \
            ISTIO_MUTUAL MUTUAL clientCertificate privateKey caCertificates credentialName \
            subjectAltNames sni insecureSkipVerify caCrl portLevelSettings port subsets \
            labels loadBalancer connectionPool outlierDetection tunnel proxyProtocol \
            retryBudget",
        &[
            (
                "MUTUAL",
                "a certificate of the client's own: whether the mesh knows it is not known, so undetermined",
            ),
            (
                "clientCertificate",
                "a certificate of the client's own: whether the mesh knows it is not known, so undetermined",
            ),
            (
                "privateKey",
                "a certificate of the client's own: whether the mesh knows it is not known, so undetermined",
            ),
            ("caCertificates", "what the client asks of the server"),
            (
                "credentialName",
                "a certificate of the client's own: whether the mesh knows it is not known, so undetermined",
            ),
            ("subjectAltNames", "what the client asks of the server"),
            ("insecureSkipVerify", "what the client asks of the server"),
            ("caCrl", "what the client asks of the server"),
            ("outlierDetection", "how much and how long, not who"),
            ("tunnel", "through whom, not who"),
            ("proxyProtocol", "the header goes before the connection; no flow carries one"),
            ("retryBudget", "how much and how long, not who"),
        ],
    ),
    (
        "istio",
        "Sidecar",
        "workloadSelector labels ingress port protocol bind captureMode defaultEndpoint \
            egress hosts outboundTrafficPolicy tls connectionPool inboundConnectionPool",
        &[
            ("connectionPool", "how much and how long, not who"),
            ("inboundConnectionPool", "how much and how long, not who"),
        ],
    ),
    (
        "istio",
        "EnvoyFilter",
        "workloadSelector labels targetRefs configPatches applyTo match context listener \
            filterChain patch operation value priority proxy routeConfiguration cluster",
        &[
            ("priority", "orders patches; Lua filters of one are run in their order"),
            ("proxy", "a match on the proxy's version: undetermined"),
            ("routeConfiguration", "routing, after authorization"),
            ("cluster", "outbound"),
        ],
    ),
    (
        "istio",
        "mesh config",
        "trustDomain trustDomainAliases caCertificates rootNamespace pathNormalization \
            normalization extensionProviders envoyExtAuthzHttp envoyExtAuthzGrpc service \
            port failOpen statusOnError pathPrefix enableAutoMtls outboundTrafficPolicy \
            defaultConfig gatewayTopology connectionSettings httpMergeSlashes \
            numTrustedProxies protocolDetectionTimeout discoverySelectors \
            defaultServiceExportTo defaultDestinationRuleExportTo defaultHttpRetryPolicy",
        &[
            (
                "protocolDetectionTimeout",
                "how long a proxy waits for first bytes, not what it then does",
            ),
            ("defaultHttpRetryPolicy", "how much and how long, not who"),
        ],
    ),
    (
        "istio",
        "labels and annotations",
        "istio-injection sidecar.istio.io/inject istio.io/dataplane-mode \
            istio.io/use-waypoint istio.io/use-waypoint-namespace istio.io/waypoint-for \
            istio.io/ingress-use-waypoint istio.io/use-waypoint-canary istio.io/rev \
            ambient.istio.io/redirection networking.istio.io/exportTo \
            istio.io/use-waypoint-canary-weight security.istio.io/tlsMode \
            proxy.istio.io/config traffic.sidecar.istio.io/excludeInboundPorts \
            traffic.sidecar.istio.io/includeInboundPorts \
            traffic.sidecar.istio.io/excludeOutboundPorts \
            traffic.sidecar.istio.io/excludeOutboundIPRanges \
            gateway.networking.k8s.io/gateway-name gateway.istio.io/managed",
        &[(
            "ambient.istio.io/redirection",
            "the CNI agent writes it after the labels that are read",
        )],
    ),
    (
        "istio",
        "Gateway (Gateway API)",
        "gatewayClassName listeners port protocol allowedRoutes namespaces from selector \
            matchLabels matchExpressions hostname tls",
        &[
            ("hostname", "which host is routed, not who may come"),
            ("tls", "how a listener ends TLS: its protocol says it"),
        ],
    ),
    ("istio", "GatewayClass", "controllerName istio.io/waypoint-for", &[]),
    ("istio", "Gateway (Istio)", "selector servers port number protocol hosts tls mode", &[]),
    (
        "istio",
        "ServiceEntry",
        "hosts ports number targetPort protocol workloadSelector labels addresses \
            endpoints location resolution exportTo subjectAltNames",
        &[("subjectAltNames", "what the client asks of the server")],
    ),
    (
        "istio",
        "WorkloadEntry",
        "address labels serviceAccount ports network locality weight",
        &[
            ("network", "one network is taken"),
            ("locality", "load balancing"),
            ("weight", "load balancing"),
        ],
    ),
    ("istio", "WasmPlugin", "selector targetRefs phase match mode", &[]),
];
