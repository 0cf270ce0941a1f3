package custom

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"threadhub/connectors"
	"threadhub/connectors/custom/expression"
)

// address is a compiled URL. Scheme and host are written out, so that neither a
// customer nor a platform decides where a credential goes, or stand in hosts.
type address struct {
	text textual
	// hosts are those allowed for an address that is an expression.
	hosts []string
	// open is set for an address that is an expression.
	open bool
}

// address compiles api_base_url.
func (c *compiler) address(base string) {
	if base == "" {
		return
	}
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		c.fault("settings.api_base_url", "it has to be an absolute address, such as https://api.example.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		c.fault("settings.api_base_url", "it must hold neither user, query nor fragment")
	default:
		c.out.base = strings.TrimRight(u.String(), "/")
	}
}

// target compiles where a call goes.
func (c *compiler) target(scope scopeName, path string, d callDef) address {
	at := path + ".url"
	a := address{hosts: d.Hosts}
	literal, _, templated := strings.Cut(d.URL, "{{")
	switch {
	case d.URL == "":
		c.fault(at, `say where the call goes, for example "https://api.example.com/messages"`)
		return a
	case literal == "" && templated:
		c.openTarget(path, &a)
	case strings.HasPrefix(literal, "/"):
		if c.out.base == "" {
			c.fault(at, "write the whole address, or set api_base_url, which this one is below")
		}
	default:
		c.closedTarget(at, literal, templated)
	}
	a.text = c.pieces(scope, at, d.URL, expression.Scalar)
	return a
}

// openTarget is an address that an expression answers.
func (c *compiler) openTarget(path string, a *address) {
	a.open = true
	if len(a.hosts) == 0 {
		c.fault(path+".hosts", `the address comes from the platform: list the hosts that may be called, for example ["api.example.com", "*.example.com"]`)
	}
	for i, host := range a.hosts {
		at := fmt.Sprintf("%s.hosts.%d", path, i)
		name, _ := strings.CutPrefix(host, "*.")
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-:") != "" || strings.HasPrefix(host, "*.") && !strings.Contains(name, ".") {
			c.fault(at, "%q is no host: write api.example.com or *.example.com", host)
			continue
		}
		c.out.addresses = append(c.out.addresses, connectors.Address{Field: at, URL: "https://" + strings.Replace(host, "*.", "any.", 1)})
	}
}

// closedTarget is an address whose scheme and host are written out.
func (c *compiler) closedTarget(at, literal string, templated bool) {
	u, err := url.Parse(literal)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		c.fault(at, "it has to be an absolute address with its host written out, such as https://api.example.com/messages")
	case u.User != nil || u.Fragment != "":
		c.fault(at, "it must hold neither user nor fragment: put credentials into headers")
	case templated && u.Path == "" && u.RawQuery == "" && !strings.HasSuffix(literal, "?"):
		c.fault(at, "the host has to be written out to its end: no expression before the first / after it")
	default:
		c.out.addresses = append(c.out.addresses, connectors.Address{Field: at, URL: u.Scheme + "://" + u.Host})
	}
}

// fill answers the address with its query. With a base, scheme and host are the
// base's.
func (a *address) fill(base string, s *stage, query map[string]template) (string, error) {
	raw, err := a.write(s)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(raw)
	if err != nil || strings.ContainsAny(raw, " \t\r\n\\") {
		return "", errors.New("it cannot be read as an address")
	}
	if a.open {
		if err := a.allowed(u); err != nil {
			return "", err
		}
	}
	more, err := formValues(query, s)
	if err != nil {
		return "", err
	}
	if encoded := more.Encode(); encoded != "" {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += encoded
	}
	if base == "" {
		return u.String(), nil
	}
	rest := u.EscapedPath()
	if u.RawQuery != "" {
		rest += "?" + u.RawQuery
	}
	return base + rest, nil
}

// write writes the address, each value escaped for where it stands: as one
// segment of the path, as segments with {{+…}}, or as a value of the query.
func (a *address) write(s *stage) (string, error) {
	if a.open {
		return a.text.join(s, verbatim)
	}
	query, at := false, 0
	return a.text.join(s, func(v string, p piece) (string, error) {
		// Pieces before this one are literal or have been escaped: a question
		// mark can only be in literal ones.
		for ; at < len(a.text) && a.text[at].program != p.program; at++ {
			query = query || a.text[at].program == nil && strings.Contains(a.text[at].text, "?")
		}
		at++
		return escape(v, query, p.open)
	})
}

func escape(v string, query, open bool) (string, error) {
	if query {
		return url.QueryEscape(v), nil
	}
	segments := []string{v}
	if open {
		segments = strings.Split(v, "/")
	}
	for i, segment := range segments {
		if segment == "." || segment == ".." {
			return "", errors.New("a value would change the path of the address")
		}
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/"), nil
}

// allowed holds an address that came from outside to the hosts listed.
func (a *address) allowed(u *url.URL) error {
	host := strings.ToLower(u.Host)
	fits := slices.ContainsFunc(a.hosts, func(allowed string) bool {
		suffix, wild := strings.CutPrefix(allowed, "*")
		return host == allowed || wild && strings.HasSuffix(host, suffix) && len(host) > len(suffix)
	})
	if u.Scheme != "https" || u.User != nil || !fits {
		return errors.New("the address that came from the platform is not https at one of hosts")
	}
	return nil
}
