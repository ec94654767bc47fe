package main

import (
	"math/rand/v2"
	"strings"

	"mayreach.dev/conformance/network/cases"
)

var (
	names = []string{
		"a", "app", "role", "tenant", "projectcalico.org/namespace", "pcns.team", "A_b.C-d/e", "-", ".", "9",
		"in", "not", "notin", "has", "all", "global", "contains", "starts", "with", "ends", "startswith", "k8s-app",
	}
	values = []string{
		"", "x", "web", "we", "eb", "acme", "globex", "${tenant}", "a b", "it's", `say "hi"`, "a == 'b'", "{x}", "Ünï", "x,y", "&&", "\t", "\n", "has(a)", "1",
	}
)

// grammar makes random selectors that are right.
type grammar struct{ *rand.Rand }

func (g *grammar) gap() string {
	return cases.Pick(g.Rand, []string{" ", " ", " ", " ", "", "  ", "\t", " \t "})
}

// word is a gap that separates words.
func (g *grammar) word() string { return cases.Pick(g.Rand, []string{" ", " ", "  ", "\t"}) }

func (g *grammar) or(depth int) string  { return g.join(depth, 0.25, "||", g.and) }
func (g *grammar) and(depth int) string { return g.join(depth, 0.35, "&&", g.operation) }

func (g *grammar) join(depth int, again float64, operator string, part func(int) string) string {
	text := part(depth)
	for depth > 0 && cases.Chance(g.Rand, again) {
		text += g.gap() + operator + g.gap() + part(depth-1)
	}
	return text
}

func (g *grammar) operation(depth int) string {
	nots := ""
	for cases.Chance(g.Rand, 0.2) {
		nots += "!" + cases.Pick(g.Rand, []string{"", " "})
	}
	if depth > 0 && cases.Chance(g.Rand, 0.25) {
		return nots + "(" + g.gap() + g.or(depth-1) + g.gap() + ")"
	}
	name := cases.Pick(g.Rand, names)
	switch g.IntN(12) {
	case 0:
		return nots + "all(" + g.gap() + ")"
	case 1:
		return nots + "has(" + g.gap() + name + g.gap() + ")"
	case 2:
		return nots + name + g.gap() + "!=" + g.gap() + g.literal()
	case 3:
		return nots + name + g.word() + "in" + g.gap() + g.set()
	case 4:
		return nots + name + g.word() + cases.Pick(g.Rand, []string{"not in", "notin", "not  in", "not\tin"}) + g.gap() + g.set()
	case 5:
		return nots + name + g.word() + "contains" + g.gap() + g.literal()
	case 6:
		return nots + name + g.word() + cases.Pick(g.Rand, []string{"starts with", "startswith", "starts  with"}) + g.gap() + g.literal()
	case 7:
		return nots + name + g.word() + cases.Pick(g.Rand, []string{"ends with", "endswith", "ends\twith"}) + g.gap() + g.literal()
	case 8:
		return nots + "has(" + name + ")"
	case 9:
		if cases.Chance(g.Rand, 0.3) {
			return nots + "global()"
		}
	}
	return nots + name + g.gap() + "==" + g.gap() + g.literal()
}

func (g *grammar) literal() string {
	value := cases.Pick(g.Rand, values)
	quote := cases.Pick(g.Rand, []string{"'", "'", `"`})
	if strings.Contains(value, quote) {
		quote = map[string]string{"'": `"`, `"`: "'"}[quote]
	}
	return quote + value + quote
}

func (g *grammar) set() string {
	var items []string
	for range g.IntN(4) {
		items = append(items, g.literal())
	}
	text := "{" + g.gap() + strings.Join(items, g.gap()+","+g.gap())
	if len(items) > 0 && cases.Chance(g.Rand, 0.2) {
		text += ","
	}
	return text + g.gap() + "}"
}

// broken is a right selector with something done to it; now and then it is still right.
func (g *grammar) broken() string {
	text := g.or(2)
	for range 1 + g.IntN(2) {
		if len(text) == 0 {
			break
		}
		at := g.IntN(len(text))
		switch g.IntN(5) {
		case 0:
			text = text[:at] + text[at+1:]
		case 1:
			text = text[:at] + cases.Pick(g.Rand, []string{"(", ")", "{", "}", ",", "!", "=", "&", "|", "'", `"`, "\n", " ", "$", "x", "in", "&&", "||", "=="}) + text[at:]
		case 2:
			text = text[:at]
		case 3:
			text = text[at:]
		default:
			text += cases.Pick(g.Rand, []string{" &&", " ||", " x", ")", " 'y'", "\n", " !", " in", ","})
		}
	}
	return strings.ToValidUTF8(text, "?")
}

// written are the selectors that a person thought of.
var written = []string{
	"", " ", "\t", " \t ", "all()", "all( )", "all(\t)", "all ()", "all", "all(", "all(a)", "ALL()", "global()", "global( )", "global ()", "!all()", "! all()", "!global()", "!!all()", "!!!all()", "!", "!!", "()", "( )", "(all())", "((a == 'x'))", "(((((((((((((((((((((((((((((((((((((((((a == 'x')))))))))))))))))))))))))))))))))))))))))", "((a == 'x')", "(a == 'x'))",
	"a == 'x'", "a=='x'", "a ==\t'x'", `a == "x"`, "a == x", "a = 'x'", "a === 'x'", "a == ", "a ==", "a", "a b", "== 'x'", "'a' == 'x'", "a == 'x", `a == "x'`, `a == 'x"`, "a == ''", `a == ""`, "a == 'x' 'y'", `a == "it's"`, `a == 'say "hi"'`, `a == 'it\'s'`, "a == 'x\ny'", "a == '${tenant}'", `tenant == "${tenant}"`, "tenant == ${tenant}", "tenant in {'acme', 'globex', 'initech'}",
	"a != 'x'", "a!='x'", "a ! = 'x'", "! a != 'x'", "!a == 'x'", "!a != 'x'", "!(a == 'x')", "!(a != 'x')", "!!a == 'x'", "! ! a == 'x'", "!has(a)", "!a", "not a == 'x'",
	"a in {}", "a in { }", "a in {'x'}", "a in{'x'}", "a in {'x',}", "a in {'x','web'}", "a in {'x' , 'web' , }", "a in {,}", "a in {,'x'}", "a in {'x' 'web'}", "a in {'x',,'web'}", "a in 'x'", "a in ('x')", "a in {x}", "a in {'x'", "a in 'x'}", "a in", "a inx {'x'}", "a IN {'x'}", "a in {'web','x','web'}", `a in {"x", 'we"b'}`,
	"a not in {}", "a not in {'x'}", "a notin {'x'}", "a not  in {'x'}", "a not\tin {'x'}", "a notin{'x'}", "a not {'x'}", "a not == 'x'", "a not in {'x',}", "a notinx {'x'}", "a not in 'x'", "!a in {'x'}", "!a not in {'x'}", "not in {'x'}", "not not in {'x'}", "in in {'x'}", "notin notin {'x'}", "notin == 'x'", "not == 'x'", "in == 'x'",
	"has(a)", "has( a )", "has(\ta\t)", "has (a)", "has()", "has( )", "has('a')", `has("a")`, "has(a", "has a", "has(a b)", "has(a,b)", "Has(a)", "has == 'x'", "has in {'x'}", "has(has)", "has(in)", "has(all)", "has(all())", "has(projectcalico.org/namespace)", "has(A_b.C-d/e)", "has($)", "all == 'x'", "global == 'x'", "all in {'x'}", "contains == 'x'", "contains contains 'x'", "starts starts with 'x'", "ends ends with 'x'", "startswith startswith 'x'", "endswith endswith 'x'", "with == 'x'",
	"a contains 'x'", "a contains ''", "a contains'x'", "a contains x", "a contains {'x'}", "a contains", "a containsx 'x'", "a not contains 'x'", "!a contains 'x'", "a starts with 'x'", "a startswith 'x'", "a starts  with 'x'", "a starts\twith 'x'", "a starts 'x'", "a starts with ''", "a startsWith 'x'", "a starts with", "!a starts with 'x'", "a ends with 'x'", "a endswith 'x'", "a ends  with 'x'", "a ends with ''", "a ends 'x'", "a ends with", "!a ends with 'x'", "a matches 'x'",
	"a == 'x' && app == 'web'", "a == 'x'&&app == 'web'", "a == 'x' & app == 'web'", "a == 'x' and app == 'web'", "a == 'x' AND app == 'web'", "a == 'x' or app == 'web'", "a == 'x' | app == 'web'", "a == 'x' &&", "&& a == 'x'", "a == 'x' ||", "|| a == 'x'", "a == 'x' && && app == 'web'", "a == 'x' || || app == 'web'", "a == 'x' && ()", "a == 'x' app == 'web'", "a == 'x', app == 'web'", "a == 'x'; app == 'web'",
	"a == 'x' || app == 'web' && role == 'we'", "a == 'x' && app == 'web' || role == 'we'", "(a == 'x' || app == 'web') && role == 'we'", "a == 'x' && (app == 'web' || role == 'we')", "!a == 'x' && app == 'web'", "!(a == 'x' && app == 'web')", "!(a == 'x' || app == 'web')", "!a == 'x' || !app == 'web'", "a == 'x' || app == 'web' || role == 'we'", "a == 'x' && app == 'web' && role == 'we'", "(a == 'x' && app == 'web') && role == 'we'", "a == 'x' || (app == 'web' || role == 'we')", "!(!(a == 'x'))", "! ( ! ( a == 'x' ) )",
	"a == 'x'\n", "\na == 'x'", "a == 'x' &&\napp == 'web'", "a ==\n'x'", "a\n== 'x'", "a == 'x'\r", "a == 'x'\r\n", "a == 'x'\v", "a == 'x'\f", "a == 'x'\u00a0", "\ufeffa == 'x'", "a in {'x',\n'web'}", "a eq 'x'", "a is 'x'", "a == 'x' // c", "# a == 'x'",
	"9 == 'x'", "- == 'x'", ". == 'x'", "/ == 'x'", "_ == 'x'", "a-b == 'x'", "a.b/c == 'x'", "a:b == 'x'", "a@b == 'x'", "é == 'x'", "a == 'é'", "a == '\u0000'", "a == '\\n'", "A == 'x'", "a.== 'x'", "a-=='x'", "a!='x'||a=='x'", "x!=''", "a == 'x'b == 'y'", "a=='x'&&!has(b)||c in{'y'}", "has(a)has(b)", "has(a)&&has(app)", "all()all()", "all()&&all()", "global() && a == 'x'", "a == 'x' || global()", "all() && !all()", "has(" + long(512) + ")", "has(" + long(513) + ")", long(512) + " == 'x'", long(513) + " == 'x'",
}

func long(n int) string { return strings.Repeat("l", n) }
