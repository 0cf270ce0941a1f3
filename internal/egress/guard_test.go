package egress

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// private lists addresses that must never be dialled.
var private = []string{
	"0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255",
	"192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
	"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
	"64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1",
	"ff02::1", "5f00::1", "3fff::1",
}

func TestPrivateAddressesAreNotDialled(t *testing.T) {
	g := newGuard(false)
	for _, a := range private {
		network, address := networkOf(a), net.JoinHostPort(a, "443")
		require.ErrorIs(t, g.control(t.Context(), network, address, nil), ErrBlocked, a)
		require.NoError(t, newGuard(true).control(t.Context(), network, address, nil), a)
	}
	for _, a := range []string{"[fe80::1%eth0]:80", "not an address", "10.0.0.1"} {
		require.ErrorIs(t, g.control(t.Context(), "tcp6", a, nil), ErrBlocked, a)
	}
	require.ErrorIs(t, g.control(t.Context(), "udp4", "1.1.1.1:443", nil), ErrBlocked)
	for _, a := range []string{"1.1.1.1:443", "149.154.167.220:443", "8.8.8.8:8443", "[2606:4700::1111]:443", "[2a00:1450:4001::1]:80"} {
		require.NoError(t, g.control(t.Context(), networkOf(a), a, nil), a)
	}
}

// networkOf is what a dialer calls the address's network.
func networkOf(address string) string {
	if strings.Count(address, ":") > 1 {
		return "tcp6"
	}
	return "tcp4"
}

// reachable is a server on this machine and the count of its requests.
func reachable(t *testing.T) (port string, hits *atomic.Int64) {
	hits = new(atomic.Int64)
	s := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	return s.URL[strings.LastIndexByte(s.URL, ':'):], hits
}

func TestCallsToPrivateAddressesAreBlocked(t *testing.T) {
	port, hits := reachable(t)
	c := client(t, Options{})
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "①②⑦.⓪.⓪.①"} {
		_, err := c.Do(t.Context(), target, send("http://"+host+port+"/"))
		require.ErrorIs(t, err, ErrNotSent, host)
		require.ErrorIs(t, err, ErrBlocked, host)
	}
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1"} {
		_, err := c.Do(t.Context(), target, send("http://"+host+port+"/"))
		require.ErrorIs(t, err, ErrNotSent, host)
	}
	require.Zero(t, hits.Load())
}

// rebinding resolves names as the script says, one address per lookup, and
// dials through the guard as the client itself does.
func rebinding(c *Client, script ...string) {
	dialer := &net.Dialer{ControlContext: c.guard.control, Timeout: time.Second}
	var next atomic.Int64
	c.useTransport(newTransport(func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, _ := net.SplitHostPort(address)
		ip := script[min(int(next.Add(1))-1, len(script)-1)]
		return dialer.DialContext(ctx, network, net.JoinHostPort(ip, port))
	}))
}

func TestANameThatComesToMeanAPrivateAddressIsBlocked(t *testing.T) {
	port, hits := reachable(t)
	c := client(t, Options{Timeout: 100 * time.Millisecond})
	url := "http://api.example.com" + port + "/"
	require.NoError(t, c.CheckURL(url), "nothing is wrong with the name itself")
	// At first the name means an address to which there is no route here.
	rebinding(c, "192.88.98.1", "127.0.0.1", "::1", "169.254.169.254")
	_, err := c.Do(t.Context(), target, send(url))
	require.ErrorIs(t, err, ErrNotSent)
	require.NotErrorIs(t, err, ErrBlocked)
	for range 3 {
		_, err := c.Do(t.Context(), target, send(url))
		require.ErrorIs(t, err, ErrBlocked)
	}
	require.Zero(t, hits.Load())
}

func TestCheckURL(t *testing.T) {
	for name, c := range map[string]struct {
		url              string
		public, internal error // what is expected without and with AllowPrivate
	}{
		"a platform":                       {"https://api.telegram.org", nil, nil},
		"a port and a path":                {"https://proxy.example.com:8443/bot", nil, nil},
		"plain http":                       {"http://proxy.example.com", nil, nil},
		"a public address":                 {"https://149.154.167.220/", nil, nil},
		"this machine":                     {"http://127.0.0.1:8081", ErrBlocked, nil},
		"this machine, by name":            {"http://localhost:8081", ErrBlocked, nil},
		"this machine, in capitals":        {"http://LOCALHOST.", ErrBlocked, nil},
		"a name under localhost":           {"http://stub.localhost", ErrBlocked, nil},
		"a name without a dot":             {"http://redis:6379", ErrBlocked, nil},
		"a cloud's metadata by name":       {"http://metadata.google.internal/", ErrBlocked, nil},
		"a cloud's metadata":               {"http://169.254.169.254/latest", ErrBlocked, nil},
		"this machine in IPv6":             {"http://[::1]:80/", ErrBlocked, nil},
		"IPv4 within IPv6":                 {"http://[::ffff:10.0.0.1]/", ErrBlocked, nil},
		"IPv4 behind NAT64":                {"http://[64:ff9b::a00:1]/", ErrBlocked, nil},
		"a zone":                           {"http://[fe80::1%25eth0]/", ErrURL, ErrURL},
		"an address as one number":         {"http://2130706433/", ErrURL, ErrURL},
		"an address in octal":              {"http://0177.0.0.01/", ErrURL, ErrURL},
		"an address in hexadecimal":        {"http://0x7f000001/", ErrURL, ErrURL},
		"an address cut short":             {"http://127.1/", ErrURL, ErrURL},
		"an address with a dot at the end": {"http://127.0.0.1./", ErrURL, ErrURL},
		"digits of another script":         {"http://①②⑦.⓪.⓪.①/", ErrURL, ErrURL},
		"user information":                 {"https://api.telegram.org@127.0.0.1/", ErrURL, ErrURL},
		"a fragment":                       {"https://api.telegram.org/#x", ErrURL, ErrURL},
		"another scheme":                   {"ftp://api.telegram.org/", ErrURL, ErrURL},
		"a file":                           {"file:///etc/passwd", ErrURL, ErrURL},
		"no scheme":                        {"api.telegram.org", ErrURL, ErrURL},
		"no host":                          {"https:///x", ErrURL, ErrURL},
		"a port that is none":              {"https://api.telegram.org:x/", ErrURL, ErrURL},
		"a line break":                     {"https://api.telegram.org/\r\nHost: x", ErrURL, ErrURL},
		"nothing":                          {"", ErrURL, ErrURL},
	} {
		t.Run(name, func(t *testing.T) {
			for allow, want := range map[bool]error{false: c.public, true: c.internal} {
				err := client(t, Options{AllowPrivate: allow}).CheckURL(c.url)
				if want == nil {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, want, "allow private: %v", allow)
			}
		})
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, s := range []string{"https://api.telegram.org", "http://[::1]", "http://a@b", "http://0x7f.1"} {
		f.Add(s)
	}
	c, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if c.CheckURL(raw) != nil {
			return
		}
		u, err := parseURL(raw)
		require.NoError(t, err)
		require.Nil(t, u.User)
		require.NotEqual(t, "localhost", strings.ToLower(u.Hostname()))
		if ip := net.ParseIP(u.Hostname()); ip != nil {
			require.False(t, ip.IsPrivate() || ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast())
		}
	})
}
