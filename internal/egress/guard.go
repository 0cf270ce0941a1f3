package egress

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
)

// guard keeps calls away from private networks. It looks at the address that
// is about to be dialled, after every resolution, so that neither a name that
// resolves to a private address nor one that changes its mind gets through.
type guard struct {
	allowPrivate bool
	guardian     *ssrf.Guardian
	denied       []netip.Prefix
}

// newGuard builds on the library's table, which follows the registries of
// special addresses at IANA. The prefixes here are those that matter most and
// that net.IP.IsPrivate misses; they are checked first and on their own, so
// that a change of the library's table cannot open them.
func newGuard(allowPrivate bool) *guard {
	denied := []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
		"::/96",                          // unspecified, loopback, and IPv4 in the old compatible form
		"::ffff:0:0:0/96",                // IPv4 translated (RFC 2765)
		"64:ff9b::/96", "64:ff9b:1::/48", // IPv4 behind NAT64 (RFC 6052, RFC 8215)
		"100::/64",      // discard (RFC 6666)
		"2001::/32",     // Teredo: IPv4 inside (RFC 4380)
		"2002::/16",     // 6to4: IPv4 inside (RFC 3056)
		"fc00::/7",      // unique local (RFC 4193)
		"fe80::/10",     // link local
		"fec0::/10",     // site local, deprecated
		"ff00::/8",      // multicast
		"5f00::/16",     // segment routing (RFC 9602)
		"2001:db8::/32", // documentation
	}
	g := &guard{allowPrivate: allowPrivate, guardian: ssrf.New(ssrf.WithAnyPort())}
	for _, p := range denied {
		g.denied = append(g.denied, netip.MustParsePrefix(p))
	}
	return g
}

// control is a net.Dialer's ControlContext: it sees each address just before
// the connection is made.
func (g *guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if g.allowPrivate {
		return nil
	}
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: network %s", ErrBlocked, network)
	}
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: unreadable address", ErrBlocked)
	}
	return g.check(target.Addr())
}

// check refuses an address that is not on the public internet.
func (g *guard) check(addr netip.Addr) error {
	if g.allowPrivate {
		return nil
	}
	addr = addr.WithZone("").Unmap()
	for _, p := range g.denied {
		if p.Contains(addr) {
			return fmt.Errorf("%w: %s", ErrBlocked, addr)
		}
	}
	if err := g.guardian.SafeAddr(addr); err != nil {
		return fmt.Errorf("%w: %s", ErrBlocked, addr)
	}
	return nil
}

// CheckURL tells whether an address that an admin entered (a channel's
// api_base_url, a subscriber's url) can be called: http or https, a host, no
// user information, no fragment, and no host that is plainly private. A name
// that resolves to a private address passes here and is refused when it is
// dialled. The error wraps ErrURL or ErrBlocked and does not repeat the URL,
// which may hold a secret.
func (c *Client) CheckURL(raw string) error {
	u, err := parseURL(raw)
	if err != nil {
		return err
	}
	if u.Fragment != "" {
		return fmt.Errorf("%w: it has a fragment (#…)", ErrURL)
	}
	return c.guard.checkHost(u.Hostname())
}

// parseURL reads an absolute http or https URL.
func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil: // err repeats the URL
		return nil, fmt.Errorf("%w: it cannot be read", ErrURL)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%w: it must start with http:// or https://", ErrURL)
	case u.User != nil:
		return nil, fmt.Errorf("%w: it must not hold a user name or password", ErrURL)
	case u.Hostname() == "" || u.Opaque != "":
		return nil, fmt.Errorf("%w: it names no host", ErrURL)
	}
	return u, nil
}

// checkHost refuses hosts that are private as written.
func (g *guard) checkHost(host string) error {
	for _, r := range host {
		if r <= ' ' || r > '~' {
			return fmt.Errorf("%w: write the host in ASCII (xn--…)", ErrURL)
		}
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return fmt.Errorf("%w: the address has a zone", ErrURL)
		}
		return g.check(addr)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		// 2130706433, 0177.0.0.1 and 127.1 are addresses to some resolvers.
		return fmt.Errorf("%w: write an IPv4 address as four decimal numbers", ErrURL)
	}
	if g.allowPrivate {
		return nil
	}
	switch last {
	case host, "localhost", "local", "internal", "localdomain": // host: a name without a dot
		return fmt.Errorf("%w: %s", ErrBlocked, host)
	}
	return nil
}
