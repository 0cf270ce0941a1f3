package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"threadhub/connectors"
)

// Server is every option of the commands that run a hub: serve, api, worker.
type Server struct {
	File
	Network
	Storage
	Security
	SignOn
	Logging
	Work
	Media
	Tracing
}

// File names the configuration file. It is embedded by every command that
// embeds another group.
type File struct {
	Config string `name:"config" group:"General" placeholder:"FILE" setting:"" help:"File with settings in YAML or JSON. Keys are the names below in snake_case."`
}

// BeforeResolve is kong's hook; it reads the file that the command line or the
// environment names, and refuses what is no setting.
func (*File) BeforeResolve(ctx *kong.Context, r *resolver) error { return r.load(ctx) }

// Network is where the hub is reached.
type Network struct {
	Addr           string        `name:"addr" group:"Network" default:"127.0.0.1:8080" placeholder:"HOST:PORT" setting:"" help:"Address to listen on."`
	PublicURL      string        `name:"public-url" group:"Network" placeholder:"URL" setting:"" help:"Address under which platforms reach the hub, such as https://hub.example.com. Webhook addresses begin with it."`
	TrustedProxies []string      `name:"trusted-proxies" group:"Network" sep:"," placeholder:"CIDR,..." setting:"" help:"Addresses or prefixes of the proxies whose X-Forwarded-For is believed. None by default."`
	DebugAddr      string        `name:"debug-addr" group:"Network" placeholder:"HOST:PORT" setting:"" help:"Address to serve Go's profiles on (/debug/pprof), which must be on loopback. Unset: not served."`
	ShutdownGrace  time.Duration `name:"shutdown-grace" group:"Network" default:"15s" setting:"" help:"How long work in hand may take to finish when the hub is stopped."`
}

// Storage is where data is kept.
type Storage struct {
	DataDir          string            `name:"data-dir" group:"Storage" default:"./data" placeholder:"DIR" setting:"" help:"Directory of the embedded store and the generated keys."`
	MongoDBURI       connectors.Secret `name:"mongodb-uri" group:"Storage" placeholder:"URI" setting:"" help:"MongoDB to keep everything in, with the name of the database in its path (threadhub if there is none). Unset: the embedded store in the data directory."`
	RedisURL         connectors.Secret `name:"redis-url" group:"Storage" placeholder:"URL" setting:"" help:"Redis for the work queue (redis:// or rediss://; Sentinel and clusters: docs/scaling.md). Unset: a queue inside the process."`
	AuditRetention   time.Duration     `name:"audit-retention" group:"Storage" default:"8760h" setting:"" help:"How long lines of the audit log are kept."`
	JournalRetention time.Duration     `name:"journal-retention" group:"Storage" default:"168h" setting:"" help:"How long processed webhooks are kept for the channels' event logs and for replay, where the retention of the settings does not say."`
}

// Security is who may do what, and the key that seals credentials.
type Security struct {
	AdminToken           connectors.Secret `name:"admin-token" group:"Security" placeholder:"TOKEN" setting:"" help:"Token of the first administrator. Unset: one is made on the first start and printed once."`
	MasterKey            connectors.Secret `name:"master-key" group:"Security" placeholder:"KEY" setting:"" help:"Key that seals the channels' credentials: 32 bytes in base64 or hexadecimal (openssl rand -base64 32). Of several, separated by commas, the first seals and all open: see threadhub rekey. Unset with the embedded store: made in the data directory."`
	MasterKeyFile        string            `name:"master-key-file" group:"Security" placeholder:"FILE" setting:"" help:"File that holds the master key, or several, one a line; readable by its owner only. Instead of master-key."`
	SessionIdle          time.Duration     `name:"session-idle" group:"Security" default:"12h" setting:"" help:"How long somebody who signed in stays so without using the console."`
	SessionLifetime      time.Duration     `name:"session-lifetime" group:"Security" default:"168h" setting:"" help:"How long somebody who signed in stays so at most."`
	APIRate              float64           `name:"api-rate" group:"Security" default:"2000" setting:"" help:"Calls of the API that one token or session may make in a second, in each process; twice as many at once. 0 for any number. The bootstrap token (admin-token) is not bound by it."`
	AllowPrivateNetworks bool              `name:"allow-private-networks" group:"Security" setting:"" help:"Let the hub call private and loopback addresses. For tests and for platforms' servers of your own."`
}

// SignOn is the identity provider that people may sign in with.
type SignOn struct {
	OIDCIssuer       string            `name:"oidc-issuer" group:"Single sign-on" placeholder:"URL" setting:"" help:"Issuer of the OpenID Connect provider that people may sign in with. Its redirect address is the public URL with /v1/session/oidc/callback."`
	OIDCClientID     string            `name:"oidc-client-id" group:"Single sign-on" placeholder:"ID" setting:"" help:"The hub's client id at the provider."`
	OIDCClientSecret connectors.Secret `name:"oidc-client-secret" group:"Single sign-on" placeholder:"SECRET" setting:"" help:"The hub's client secret at the provider."`
	OIDCName         string            `name:"oidc-name" group:"Single sign-on" default:"Single sign-on" setting:"" help:"What the sign-in page calls the provider."`
}

// Validate checks that all of it is there or nothing.
func (s SignOn) Validate() error {
	if s.OIDCIssuer == "" && s.OIDCClientID == "" && s.OIDCClientSecret.Empty() {
		return nil
	}
	u, err := url.Parse(s.OIDCIssuer)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || s.OIDCClientID == "" || s.OIDCClientSecret.Empty() {
		return errors.New("single sign-on needs oidc_issuer, such as https://id.example.com, and both oidc_client_id and oidc_client_secret")
	}
	return nil
}

// Logging is what the hub writes about itself, on standard error.
type Logging struct {
	LogLevel  string `name:"log-level" group:"Logging" default:"info" enum:"debug,info,warn,error" setting:"" help:"Least severity to log: ${enum}."`
	LogFormat string `name:"log-format" group:"Logging" default:"text" enum:"text,json" setting:"" help:"Form of the log: ${enum}."`
}

// Tracing is where traces of messages are sent.
type Tracing struct {
	TracesURL   string  `name:"traces-url" group:"Tracing" placeholder:"URL" setting:"" help:"Collector to send traces to, by OTLP over HTTP, such as http://127.0.0.1:4318. Unset: nothing is traced."`
	TracesShare float64 `name:"traces-share" group:"Tracing" default:"1" setting:"" help:"How many of the webhooks are traced, from 0 to 1. One that came with a trace of its own is traced if that one is."`
}

// Validate checks the collector's address and the share.
func (t Tracing) Validate() error {
	if t.TracesShare < 0 || t.TracesShare > 1 {
		return fmt.Errorf("traces_share %g is not between 0 and 1", t.TracesShare)
	}
	if t.TracesURL == "" {
		return nil
	}
	u, err := url.Parse(t.TracesURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("traces_url is not an address; use for example http://127.0.0.1:4318")
	}
	return nil
}

// Work is how much is done at a time.
type Work struct {
	WorkerConcurrency int `name:"worker-concurrency" group:"Work" default:"16" setting:"" help:"Tasks that one worker process carries out at the same time."`
}

// Media is how the files of messages are kept.
type Media struct {
	MediaDir    string `name:"media-dir" group:"Media" placeholder:"DIR" setting:"" help:"Directory of the files of messages. Several processes need one that they share, or a bucket (media-s3-bucket). Unset: media in the data directory."`
	MediaFetch  string `name:"media-fetch" group:"Media" default:"perishable" enum:"perishable,all,none" setting:"" help:"Which files customers send are fetched before somebody asks for them: ${enum}. Perishable are those that the platform keeps for a short time."`
	MediaMB     int64  `name:"media-mb" group:"Media" default:"10240" setting:"" help:"How much room the files of messages may take up, in MiB; 0 for any amount. What was fetched from platforms is dropped when it is used up, oldest use first, and fetched again when asked for."`
	MediaFileMB int64  `name:"media-file-mb" group:"Media" default:"100" setting:"" help:"How large one file may be, in MiB."`
	Bucket
}

// Validate checks the sizes and the bucket.
func (m Media) Validate() error {
	if err := m.validate(); err != nil {
		return err
	}
	switch {
	case m.FilesInBucket() && m.MediaDir != "":
		return errors.New("both media_dir and media_s3_bucket are set; keep one of them")
	case m.FilesInBucket() && m.MediaFileMB > maxObjectMB:
		return fmt.Errorf("media_file_mb %d is more than the %d that a bucket takes at once", m.MediaFileMB, maxObjectMB)
	case m.MediaMB == 0 && m.MediaFileMB >= 1:
		return nil
	case m.MediaFileMB < 1 || m.MediaMB < m.MediaFileMB:
		return fmt.Errorf("media_mb %d and media_file_mb %d do not fit: a file needs 1 MiB at least, and all of them more than one", m.MediaMB, m.MediaFileMB)
	}
	return nil
}

// Validate checks the addresses.
func (n Network) Validate() error {
	_, port, err := net.SplitHostPort(n.Addr)
	if err != nil {
		return fmt.Errorf("addr %q is not host:port; use for example 127.0.0.1:8080, or :8080 for all interfaces", n.Addr)
	}
	if p, err := strconv.Atoi(port); err != nil || p < 0 || p > 65535 {
		return fmt.Errorf("addr %q has no port between 0 and 65535", n.Addr)
	}
	if n.PublicURL != "" {
		u, err := url.Parse(n.PublicURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return fmt.Errorf("public_url %q is not an address to build on; use for example https://hub.example.com", n.PublicURL)
		}
	}
	for _, proxy := range n.TrustedProxies {
		_, errAddr := netip.ParseAddr(proxy)
		_, errPrefix := netip.ParsePrefix(proxy)
		if errAddr != nil && errPrefix != nil {
			return fmt.Errorf("trusted_proxies: %q is neither an address nor a prefix; use for example 10.0.0.0/8", proxy)
		}
	}
	if err := n.checkDebug(); err != nil {
		return err
	}
	if n.ShutdownGrace < 0 {
		return fmt.Errorf("shutdown_grace %s is negative; use for example 15s", n.ShutdownGrace)
	}
	return nil
}

// checkDebug refuses to show the inside of the hub to other machines.
func (n Network) checkDebug() error {
	if n.DebugAddr == "" {
		return nil
	}
	addr, err := netip.ParseAddrPort(n.DebugAddr)
	if err != nil || !addr.Addr().IsLoopback() {
		return fmt.Errorf("debug_addr %q is not an address on loopback; use for example 127.0.0.1:6060", n.DebugAddr)
	}
	return nil
}

// BaseURL is where the hub is reached from outside, without a slash at the
// end: the public URL, or the listening address when there is none.
func (n Network) BaseURL() string {
	if n.PublicURL != "" {
		return strings.TrimRight(n.PublicURL, "/")
	}
	return "http://" + n.Addr
}

// Validate checks the directory, the addresses' schemes and the retention.
// It never repeats an address, which may hold a password.
func (s Storage) Validate() error {
	switch {
	case s.DataDir == "":
		return errors.New("data_dir is empty; leave it out for ./data")
	case !s.MongoDBURI.Empty() && !hasScheme(s.MongoDBURI, "mongodb://", "mongodb+srv://"):
		return errors.New("mongodb_uri does not begin with mongodb:// or mongodb+srv://")
	case !s.RedisURL.Empty() && !hasScheme(s.RedisURL, "redis://", "rediss://"):
		return errors.New("redis_url does not begin with redis:// or rediss://")
	case s.AuditRetention < 24*time.Hour:
		return fmt.Errorf("audit_retention %s is less than 24h: nobody could look up what was changed the day before", s.AuditRetention)
	case s.JournalRetention < time.Hour:
		return fmt.Errorf("journal_retention %s is less than 1h: platforms may repeat a webhook and admins could not look at one", s.JournalRetention)
	}
	return nil
}

func hasScheme(s connectors.Secret, schemes ...string) bool {
	for _, scheme := range schemes {
		if strings.HasPrefix(s.Reveal(), scheme) {
			return true
		}
	}
	return false
}

// Shared refuses embedded stores, for commands that run as several processes.
func (s Storage) Shared(command string) error {
	var missing []string
	if s.MongoDBURI.Empty() {
		missing = append(missing, EnvName("mongodb-uri"))
	}
	if s.RedisURL.Empty() {
		missing = append(missing, EnvName("redis-url"))
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("threadhub %s shares its work with other processes and needs %s; for a hub in one process use threadhub serve",
		command, strings.Join(missing, " and "))
}

// Validate checks that there is one master key at most, that sessions last,
// that the admin's token can be sent in a header and that no secret is one that
// stands in an example.
func (s Security) Validate() error {
	if !s.MasterKey.Empty() && s.MasterKeyFile != "" {
		return errors.New("both master_key and master_key_file are set; keep one of them")
	}
	if s.SessionIdle < time.Minute || s.SessionLifetime < s.SessionIdle {
		return fmt.Errorf("session_idle %s and session_lifetime %s do not fit: the first is 1m at least, and the second no less than it", s.SessionIdle, s.SessionLifetime)
	}
	if s.APIRate < 0 {
		return fmt.Errorf("api_rate %g is negative; use 0 for any number of calls", s.APIRate)
	}
	if strings.HasPrefix(s.AdminToken.Reveal(), "change-me") || strings.HasPrefix(s.MasterKey.Reveal(), "change-me") {
		return errors.New("admin_token or master_key is an example's; make them with: openssl rand -hex 24, and openssl rand -base64 32")
	}
	for _, r := range s.AdminToken.Reveal() {
		if r <= ' ' || r > '~' {
			return errors.New("admin_token holds white space or letters outside ASCII; use for example the output of: openssl rand -hex 24")
		}
	}
	return nil
}

// Logger writes to w in the chosen form.
func (l Logging) Logger(w io.Writer) *slog.Logger {
	var level slog.Level
	// An unknown level is refused by the enum above; info is the zero value.
	_ = level.UnmarshalText([]byte(l.LogLevel))
	options := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// Validate checks the numbers.
func (w Work) Validate() error {
	if w.WorkerConcurrency < 1 || w.WorkerConcurrency > 1024 {
		return fmt.Errorf("worker_concurrency %d is not between 1 and 1024", w.WorkerConcurrency)
	}
	return nil
}
