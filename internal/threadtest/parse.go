package threadtest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// script is a story of one channel, as it is read from a file.
type script struct {
	name  string // of the file
	title string // its first comment
	lines []line
}

// line is one step and what is to follow from it.
type line struct {
	number    int
	pause     time.Duration // before it
	meanwhile bool          // it comes between the decision and the commit of the step before it
	contact   string
	ordinal   int // of the contact's conversation it is about; 0: the newest
	words     []word
	wants     [][]word
}

// word is a word of a line, or a text in quotation marks.
type word struct {
	text   string
	quoted bool
}

func (w word) String() string {
	if w.quoted {
		return strconv.Quote(w.text)
	}
	return w.text
}

// someone is the contact of lines that name none.
const someone = "ana"

const arrow = "→"

// parse reads a script. Empty lines and those that begin with # say nothing.
func parse(name, text string) (script, error) {
	s := script{name: name}
	for i, raw := range strings.Split(text, "\n") {
		raw = strings.TrimSpace(raw)
		if comment, ok := strings.CutPrefix(raw, "#"); ok && s.title == "" {
			s.title = strings.TrimSpace(comment)
		}
		if raw == "" || raw[0] == '#' {
			continue
		}
		l, err := parseLine(raw)
		if err != nil {
			return s, fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
		l.number = i + 1
		s.lines = append(s.lines, l)
	}
	return s, nil
}

// about is the contact a line is about: "rui:" or "rui#1:".
var about = regexp.MustCompile(`^([a-z][a-z0-9_]*)(?:#(\d+))?:$`)

func parseLine(raw string) (line, error) {
	l := line{contact: someone}
	do, wants, _ := strings.Cut(raw, arrow)
	words, err := split(do)
	if err != nil {
		return l, err
	}
	if len(words) > 0 && words[0].text == "&" {
		l.meanwhile, words = true, words[1:]
	}
	if len(words) > 0 && strings.HasPrefix(words[0].text, "+") && !words[0].quoted {
		if l.pause, err = duration(words[0].text); err != nil {
			return l, err
		}
		words = words[1:]
	}
	if len(words) > 0 && !words[0].quoted {
		if m := about.FindStringSubmatch(words[0].text); m != nil {
			l.contact, words = m[1], words[1:]
			l.ordinal, _ = strconv.Atoi(m[2])
		}
	}
	if len(words) == 0 {
		return l, fmt.Errorf("says nothing to do")
	}
	l.words = words
	all, err := split(strings.TrimSpace(wants))
	if err != nil {
		return l, err
	}
	var want []word
	for _, w := range all {
		if !w.quoted && w.text == "," {
			l.wants, want = append(l.wants, want), nil
			continue
		}
		want = append(want, w)
	}
	if len(want) > 0 {
		l.wants = append(l.wants, want)
	}
	return l, nil
}

// split cuts a text into words; a comma is one by itself.
func split(s string) (words []word, err error) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		switch {
		case s[0] == ',':
			words, s = append(words, word{text: ","}), s[1:]
		case s[0] == '"':
			quoted, err := strconv.QuotedPrefix(s)
			if err != nil {
				return nil, fmt.Errorf("a text without its end: %s", s)
			}
			text, _ := strconv.Unquote(quoted)
			words, s = append(words, word{text: text, quoted: true}), s[len(quoted):]
		default:
			end := strings.IndexAny(s, " \t,\"")
			if end < 0 {
				end = len(s)
			}
			words, s = append(words, word{text: s[:end]}), s[end:]
		}
	}
	return words, nil
}

var days = regexp.MustCompile(`^([+-]?)(\d+)d(.*)$`)

// duration reads one of Go's, with days: "+3d23h", "-90s". A day is 24 hours.
func duration(s string) (time.Duration, error) {
	whole := time.Duration(0)
	rest := s
	if m := days.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[2])
		whole, rest = time.Duration(n)*24*time.Hour, m[1]+m[3]
		if m[1] == "-" {
			whole = -whole
		}
		if m[3] == "" {
			return whole, nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration such as 3s or 2d4h", s)
	}
	return whole + d, nil
}
