import json,subprocess,re
src=open("gen.py").read()
scal=eval(re.search(r'^scal=(\[.*\])$',src,re.M).group(1))
H="apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
ctx={"value":"data:\n  k: %s\n","key":"data:\n  %s: v\n","item":"data: [%s, b]\n","flow key":"data: {%s: v}\n"}
cases=[(c,s) for s in scal for c in ctx]
docs=[
 "a: 1","---\na: 1\n---\nb: 2\n","# c\n---\n# c\n---\na: 1\n","a: 1\n--- # c\nb: 2\n","a: 1\n---b: 2\n","a: 1\n--- {b: 2}\n","--- a\n","a: 1\n...\n","a: 1\n...\nb: 2\n","a: 1\n...\n---\nb: 2\n","%YAML 1.1\n---\na: 1\n","a: 1\r\nb: |\r\n  x\r\n  y\r\n","a: 1\rb: 2\n","\ufeffa: 1\n","a: 1\n---\n\ufeffb: 2\n","a: 1\n a: 2\n","a: |\n  x","a: |\n  x\n\n","a: |+\n  x\n\n  ","a: |2\n    x\n","a: >\n  x\n  y\n\n  z\n","\ta: 1\n","a:\n\t- b\n","a:\n  -\tb\n","a:\tb\n","a: b\t# c\n","a: &x {b: 1}\nc: *x\n","a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}\n","a: &x {b: 1, c: 2}\nd: {b: 3, <<: *x}\n","a: &x {b: 1}\ne: &y {b: 2, f: 3}\nd: {<<: [*x, *y]}\n","a: &x [1]\nd: {<<: *x}\n","d: {<<: {b: 1}, <<: {b: 2}}\n","d: {<<: 1}\n","d: {\"<<\": {b: 1}}\n","a: &x {b: *x}\n","a: *x\n","a: &x 1\n---\nb: *x\n","a: [1, 2\n b: 3\n","a: {b: 1\n","a: 'x\n","a: \"x\n  y\"\n","a: x\n  y\n  z # c\n","a: x # c\n  y\n","a: b: c\n","- a\n- b\n","a:\n- b\n- c\n","a:\n  b: 1\n c: 2\n","? a\n: b\n","? [a]\n: b\n","[a, b]: c\n","a: !!map {b: 1}\n","a: !!seq [1]\n","a: !x {b: 1}\n","a: {b: 1, c: [d, {e: f}], g: }\n","a: [ , ]\n","a: [b, ]\n","a: {\n  b: 1,\n  c: 2\n}\n","a: {b\n  : 1}\n","{\"a\": 1}","{\"a\": 1}{\"b\": 2}","{\"a\": 1}\n{\"b\": 2}\n","{\"a\": 1}\n---\n{\"b\": 2}\n","{\"a\": 1}\n---\nb: 2\n","{\"a\": 1,}","{a: 1}","{\"a\": 1.0, \"b\": 1e3, \"c\": 1.5, \"d\": 9223372036854775808}","{\"a\": \"\\ud83d\\ude00\\/\"}","{\"a\": 01}","[{\"a\": 1}]","\ufeff{\"a\": 1}","\ufeff{\"a\": 1}\n{\"b\": 2}","{\"a\": nul}","{\"a\": \"\t\"}","{\"a\": 1} x","a: \"\\ud83d\"\n","a: x\u2028y\n","# x\u2028b: 1\na: 2\n","a: \u0001\n","a: \"\\u0001\"\n","a: 1\n---\n---\n---\nb: 2\n","","\n\n","null\n","~\n","a: [x y, z]\n","a: [b?c]\n","a: {b: c?d}\n","a: [\"b\":c]\n","a: {\"b\":c}\n","a: [b:c]\n","a: [b: c]\n","1: a\n\"1\": b\n","a: - b\n","a: >-\n\n  x\n","a: |\n\n   x\n  y\n","a: 'it''s'\n","a: \"\\x41\\u00e9\\U0001F600\\e\\_\\N\"\n",
]
ins=[H+ctx[c]%s for c,s in cases]+docs
p=lambda exe:[json.loads(l) for l in subprocess.run([exe],input="\n".join(json.dumps(i) for i in ins)+"\n",capture_output=True,text=True).stdout.rstrip("\n").split("\n")]
go=p("./go/oracle")
out=[]
for (c,s),g in zip(cases,go):
    o={"at":c,"text":s}
    if "ok" in g and len(g["ok"])==1: o["is"]=g["ok"][0].get("data")
    elif "ok" in g: o["is"]=None; print("??",c,repr(s),g)
    else: o["refused"]=True
    out.append(o)
open("scalars.jsonl","w").write("".join(json.dumps(o,ensure_ascii=True)+"\n" for o in out))
out=[]
for d,g in zip(docs,go[len(cases):]):
    out.append({"text":d,**({"is":g["ok"]} if "ok" in g else {"refused":True})})
open("documents.jsonl","w").write("".join(json.dumps(o,ensure_ascii=True)+"\n" for o in out))
