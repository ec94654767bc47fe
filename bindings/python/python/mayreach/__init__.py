"""May A reach B, and what decided it? Kubernetes, Calico and Istio policy, decided offline.

>>> import mayreach
>>> program = mayreach.load('''
... apiVersion: v1
... kind: Namespace
... metadata: {name: shop}
... ---
... apiVersion: v1
... kind: Pod
... metadata: {name: web, namespace: shop, labels: {app: web}}
... ---
... apiVersion: v1
... kind: Pod
... metadata: {name: db, namespace: shop, labels: {app: db}}
... ---
... apiVersion: networking.k8s.io/v1
... kind: NetworkPolicy
... metadata: {name: db-from-web, namespace: shop}
... spec:
...   podSelector: {matchLabels: {app: db}}
...   ingress:
...     - from: [{podSelector: {matchLabels: {app: web}}}]
...       ports: [{port: 5432}]
... ''')
>>> program.decide(source="shop/web", destination="shop/db", port=5432).verdict
'allow'
>>> decision = program.decide(source="shop/web", destination="shop/db", port=22)
>>> decision.verdict, decision.decided_by, str(decision.reason.policy)
('deny', 'ingress', 'NetworkPolicy shop/db-from-web')
"""

from mayreach._errors import (
    FlowError,
    InternalError,
    LimitError,
    LoadError,
    ManifestError,
    MayreachError,
    OptionError,
    Problem,
    QuestionError,
    TableError,
)
from mayreach._load import Manifests, load
from mayreach._mayreach import Decision, Flow, Program, Stream, Table, __version__
from mayreach._reports import (
    Answer,
    But,
    Can,
    Cell,
    CellFinding,
    Change,
    Condition,
    Counterexample,
    DeadRule,
    Declared,
    DeclaredCell,
    Difference,
    Hole,
    Intended,
    Isolation,
    Matrix,
    May,
    Other,
    Pair,
    Pairs,
    Reach,
    Report,
    Step,
    Tenant,
    Unproved,
    Way,
)
from mayreach._values import (
    ClientSees,
    Description,
    Explanation,
    LayerDecision,
    Mark,
    Note,
    Policy,
    Reason,
)

__all__ = [
    "Answer",
    "But",
    "Can",
    "Cell",
    "CellFinding",
    "Change",
    "ClientSees",
    "Condition",
    "Counterexample",
    "DeadRule",
    "Decision",
    "Declared",
    "DeclaredCell",
    "Description",
    "Difference",
    "Explanation",
    "Flow",
    "FlowError",
    "Hole",
    "Intended",
    "InternalError",
    "Isolation",
    "LayerDecision",
    "LimitError",
    "LoadError",
    "ManifestError",
    "Manifests",
    "Mark",
    "Matrix",
    "May",
    "MayreachError",
    "Note",
    "OptionError",
    "Other",
    "Pair",
    "Pairs",
    "Policy",
    "Problem",
    "Program",
    "QuestionError",
    "Reach",
    "Reason",
    "Report",
    "Step",
    "Stream",
    "Table",
    "TableError",
    "Tenant",
    "Unproved",
    "Way",
    "__version__",
    "load",
]
