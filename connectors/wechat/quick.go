package wechat

import (
	"strings"
	"unicode/utf8"
)

// readFlat reads what WeChat's messages mostly are, elements without others in
// them, ten times as fast as encoding/xml. ok is false for anything else, which
// is left to readXML; what it does read, it reads as readXML would.
func readFlat(body string) (all fields, ok bool) {
	if !utf8.ValidString(body) || strings.ContainsFunc(body, unusual) {
		return nil, false
	}
	rest, opened := strings.CutPrefix(strings.Trim(body, " \t\n"), "<xml>")
	rest, closed := strings.CutSuffix(rest, "</xml>")
	if !opened || !closed {
		return nil, false
	}
	all = make(fields, 0, 12)
	for rest = strings.TrimLeft(rest, " \t\n"); rest != ""; rest = strings.TrimLeft(rest, " \t\n") {
		var f field
		if f, rest, ok = element(rest); !ok {
			return nil, false
		}
		all = append(all, f)
	}
	return all, true
}

// element reads the element that s begins with.
func element(s string) (f field, rest string, ok bool) {
	if !strings.HasPrefix(s, "<") {
		return f, s, false
	}
	if f.name, rest, ok = strings.Cut(s[1:], ">"); !ok || !plainName(f.name) {
		return f, s, false
	}
	if text, isSection := strings.CutPrefix(rest, "<![CDATA["); isSection {
		f.value, rest, ok = strings.Cut(text, "]]>")
	} else {
		end := strings.IndexByte(rest, '<')
		if end < 0 || strings.Contains(rest[:end], "&") || strings.Contains(rest[:end], "]]>") {
			return f, s, false
		}
		f.value, rest = rest[:end], rest[end:]
	}
	if !ok {
		return f, s, false
	}
	for _, part := range []string{"</", f.name, ">"} {
		if rest, ok = strings.CutPrefix(rest, part); !ok {
			return f, s, false
		}
	}
	return f, rest, true
}

func plainName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// unusual tells characters that XML forbids or changes.
func unusual(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF
}
