package conntest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// caseFile is one golden: a comment, what goes in, and what must come out.
type caseFile struct {
	name, path string
	comment    string
	request    string    // in: the HTTP request
	given      []section // out: the operation and the scripted answers
	expected   []section
}

// section is a part of a case that begins with a "-- name --" line.
type section struct{ name, body string }

var marker = regexp.MustCompile(`(?m)^-- ([a-z]+) --\n`)

// given sections are written by hand, all others by -update.
func handwritten(name string) bool {
	switch name {
	case "outbound", "react", "typing", "read", "subscribe", "check", "media", "profile", "answer":
		return true
	}
	return false
}

func readCases(dir string) ([]*caseFile, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no cases in %s", dir)
	}
	sort.Strings(paths)
	cases := make([]*caseFile, len(paths))
	for i, path := range paths {
		if cases[i], err = readCase(path); err != nil {
			return nil, fmt.Errorf("read case %s: %w", path, err)
		}
	}
	return cases, nil
}

func readCase(path string) (*caseFile, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
	c := &caseFile{path: path, name: strings.TrimSuffix(filepath.Base(path), ".txt")}
	head, sections := split(string(raw))
	c.comment, c.request = splitComment(head)
	if c.comment == "" {
		return nil, errors.New("the first line must be a comment that says what the case shows")
	}
	for i, s := range sections {
		// The first section token is the operation, later ones what came of it.
		if handwritten(s.name) || s.name == "token" && i == 0 {
			c.given = append(c.given, s)
		} else {
			c.expected = append(c.expected, s)
		}
	}
	return c, nil
}

func split(text string) (head string, sections []section) {
	at := marker.FindAllStringSubmatchIndex(text, -1)
	if len(at) == 0 {
		return text, nil
	}
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		sections = append(sections, section{
			name: text[m[2]:m[3]],
			body: strings.TrimRight(text[m[1]:end], "\n"),
		})
	}
	return text[:at[0][0]], sections
}

func splitComment(head string) (comment, rest string) {
	lines := strings.SplitAfter(head, "\n")
	n := 0
	for n < len(lines) && strings.HasPrefix(lines[n], "#") {
		n++
	}
	return strings.Join(lines[:n], ""), strings.Trim(strings.Join(lines[n:], ""), "\n")
}

func render(sections []section) string {
	var w strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&w, "-- %s --\n", s.name)
		if s.body != "" {
			w.WriteString(s.body + "\n")
		}
	}
	return w.String()
}

// rewrite stores the case with a new expected half.
func (c *caseFile) rewrite(got []section) error {
	var w strings.Builder
	w.WriteString(c.comment)
	if c.request != "" {
		w.WriteString(c.request + "\n")
	}
	w.WriteString(render(c.given))
	w.WriteString(render(got))
	return os.WriteFile(c.path, []byte(w.String()), 0o644)
}

// splitHTTP takes a first line, headers and a body apart.
func splitHTTP(text string) (first string, headers [][2]string, body string, err error) {
	first, rest, _ := strings.Cut(text, "\n")
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return "", nil, "", fmt.Errorf("%q is not a header; a blank line goes before the body", line)
		}
		headers = append(headers, [2]string{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return strings.TrimSpace(first), headers, rest, nil
}
