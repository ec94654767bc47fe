import json,random,sys,itertools
random.seed(int(sys.argv[1])); N=int(sys.argv[2]); mode=sys.argv[3]
HEAD="apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
scal=["y","Y","n","N","yes","Yes","YES","yEs","no","on","On","oN","ON","off","Off","OFF","true","True","TRUE","tRue","false","null","Null","NULL","nULL","~","","0","-0","+0","00","07","08","09","010","0777","0o777","0O17","0x1F","0X1f","0xg","0b101","-0b101","+0b1","0b","0b2","1_000","1_","_1","1__0","-1_0","0_7","0x_1","+1","-1","--1","+-1","1.0","80.0","1.","1.5",".5","-.5","+.5",".","..","...","1e3","1E3","1e+3","1e-3","1.5e3",".5e1","1e400","-1e400","1e21","1e20","123456789012345678901234567890","9223372036854775807","9223372036854775808","-9223372036854775808","-9223372036854775809","18446744073709551615","18446744073709551616","+18446744073709551615","0xffffffffffffffff","-0xffffffffffffffff","0x7fffffffffffffff",".inf","-.inf","+.inf",".Inf",".nan",".NaN",".NAN","+.nan","2001-01-01","2001-1-1","2001-01-01T00:00:00Z","2001-12-14 21:59:43.10","12:30","12:30:45","190:20:30","1,000","0.1","1.10","1.0.0","1e","e1","0e0","-","+","- ","--","a","a b","a #b","a#b","#a","a:b","a: b","a:","http://x","@a","`a","!a","!!str 1","!!int '1'","!!int 0x10","!!float 1","!!float 1.5","!!bool 'yes'","!!bool yes","!!null ''","!!str","!!str ~","! 1","!foo 1","!!binary aGk=","!!timestamp 2001-01-01","!!int a","!!set {a}","!!map {a: 1}","!!seq [1]","!!str [1]","&x 1","&x","*x","%a","|","'a'","'it''s'","\"a\"","\"\\n\"","\"\\x41\"","\"\\u0041\"","\"\\U0001F600\"","\"\\ud83d\\ude00\"","\"\\/\"","\"\\e\"","\"\\_\"","\"\\L\"","\"\\q\"","'y'","\"1\"","'null'","'~'","<<","=","[1,2]","[a, b]","[a,]","[,]","[a b]","[]","{}","{a: 1}","{a}","{a: }","{a:1}","{a:}","{\"a\":1}","{'a':1}","{a: 1,}","{1: 2}","{[a]: 1}","{? a : b}","[a: 1]","[a: 1, b]","[? a : 1]","{a: y}","[y, n]","[on]","[0o17]","{y: 1}","{~: 1}","{1.5: a}","{1.0: a}","{on: a}","{0x10: a}","? a","?a","-a","- a",":a",": a","a\tb","a \tb","\ta","a\t","a\t#b","[a\t,b]","a,b","a]b","[a]b]","a}b","\u00e9","\U0001F600","a\u00a0b","a\u2028b","a\u0085b","\x7f","a\x01","\ufeffa","a\ufeff","\u200b",'"a\nb"',"'a\n   b'","a\n  b","a\n    b\n\n    c","|\n    a\n    b","|-\n    a\n","|+\n    a\n\n",">\n    a\n    b\n\n    c",">-\n    a\n     b\n    c","|2\n    a","|1\n  a","|0\n  a","|\n  a\n b","|\n   a\n  b","| #c\n    a","|#c\n    a","|a\n    b","|\n\n\n    a","|\n     \n    a","|\n\ta","\"a\\\n    b\"","\"a\\ \n  b\"","0.0","-0.0","0.5e-400","1.7976931348623157e308","1e309","Infinity","NaN","nan","inf","+inf","-inf","0x1p3","1e1_0","1_0.5","1_0e1","٣"]
def q(s): return s
def emit(t): print(json.dumps(t))
if mode=="scal":
    for s in scal:
        emit(HEAD+"data:\n  k: "+s+"\n")
        emit(HEAD+"data:\n  - "+s+"\n")
        emit(HEAD+"data:\n  "+s+": v\n")
        emit(HEAD+"data: {k: "+s+"}\n")
        emit(HEAD+"data: ["+s+"]\n")
        emit(HEAD+"data: {"+s+": v}\n")
        emit(HEAD+"data: ["+s+", b]\n")
        emit(HEAD+"data: "+s+"\n")
        emit(HEAD+"data: "+s)
        emit(HEAD+"data:\n  k: "+s+" # c\n  l: 1\n")
        emit(HEAD+"data:\n- "+s+"\n- b\n")
        emit(HEAD+"data:\n  k:\n    "+s+"\n")
        emit(HEAD+"data:\n  ? "+s+"\n  : v\n")
        emit(HEAD+"data:\n  k: &x "+s+"\n  l: *x\n")
        emit((HEAD+"data:\n  k: "+s+"\n").replace("\n","\r\n"))
        emit('{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"data":'+s+'}')
        emit('{apiVersion: v1, kind: X, metadata: {name: a}, data: '+s+'}')
elif mode=="mut":
    seeds=[open(f).read() for f in sys.argv[4:]]
    seeds=[d for s in seeds for d in (s.split("\n---\n") if len(s)>20000 else [s])][:400]
    alph=list(" \n\t:-#'\"|>&*!%@`[]{},?~.0aY\r\\<=/_1")+["  ","\n  ","\n    ","- ",": ","---","...","\n---\n","\n...\n"," #","<<: ","&x ","*x","\\n","''",'"',"|\n",">\n","? ","!!str ","true","null","\u00e9","\ufeff","\r\n","0x","1e3"]
    for _ in range(N):
        s=random.choice(seeds)
        if len(s)>1500:
            # keep head
            ls=s.split("\n"); s="\n".join(ls[:40])
        for _ in range(random.choice([1,1,1,2,3,6])):
            p=random.randrange(len(s)+1); k=random.random()
            if k<.45: s=s[:p]+random.choice(alph)+s[p:]
            elif k<.7: e=p+random.choice([1,1,2,5]); s=s[:p]+s[e:]
            elif k<.85: s=s[:p]+random.choice(alph)+s[p+1:]
            else:
                ls=s.split("\n"); i=random.randrange(len(ls)); j=random.randrange(len(ls))
                if random.random()<.5: ls.insert(j,ls[i])
                else: ls[i]=(" "*random.randrange(4))+ls[i].lstrip(" ") 
                s="\n".join(ls)
        emit(s)
