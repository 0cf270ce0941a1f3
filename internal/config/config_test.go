package config_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"threadhub/internal/config"
)

// commands is a command line in the manner of the real one.
type commands struct {
	Serve   struct{ config.Server } `cmd:"" help:"Run."`
	Migrate struct {
		config.File
		config.Storage
		Steps int `default:"1" help:"How many."`
	} `cmd:"" help:"Migrate."`
	Simulate struct {
		Addr string `default:"127.0.0.1:9" help:"Not a setting of the hub."`
	} `cmd:"" help:"Play."`
}

func parse(t *testing.T, environ []string, args ...string) (commands, error) {
	t.Helper()
	var c commands
	_, err := config.Parse(&c, config.Input{Args: args, Environ: environ, Stdout: t.Output(), Stderr: t.Output()})
	return c, err
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestDefaultsAreThoseOfTheDocumentation(t *testing.T) {
	c, err := parse(t, nil, "serve")
	require.NoError(t, err)
	s := c.Serve
	require.Equal(t, "127.0.0.1:8080", s.Addr)
	require.Equal(t, "./data", s.DataDir)
	require.Equal(t, "info", s.LogLevel)
	require.Equal(t, "text", s.LogFormat)
	require.Equal(t, 15*time.Second, s.ShutdownGrace)
	require.Equal(t, 168*time.Hour, s.JournalRetention)
	require.Equal(t, 16, s.WorkerConcurrency)
	require.False(t, s.AllowPrivateNetworks)
	require.Empty(t, s.TrustedProxies)
	require.True(t, s.MongoDBURI.Empty())
}

func TestAFlagWinsOverTheEnvironmentAndThatOverTheFile(t *testing.T) {
	path := file(t, "hub.yaml", "addr: :1\nlog_level: warn\nlog_format: json\n")
	environ := []string{"THREADHUB_ADDR=:2", "THREADHUB_LOG_LEVEL=error", "THREADHUB_CONFIG=" + path, "HOME=/nowhere"}
	c, err := parse(t, environ, "serve", "--addr=:3")
	require.NoError(t, err)
	require.Equal(t, ":3", c.Serve.Addr)
	require.Equal(t, "error", c.Serve.LogLevel)
	require.Equal(t, "json", c.Serve.LogFormat)
	require.Equal(t, path, c.Serve.Config)
}

func TestAFlagNamesAnotherFileThanTheEnvironment(t *testing.T) {
	theirs, ours := file(t, "a.yaml", "addr: :1\n"), file(t, "b.yaml", "addr: :2\n")
	c, err := parse(t, []string{"THREADHUB_CONFIG=" + theirs}, "serve", "--config", ours)
	require.NoError(t, err)
	require.Equal(t, ":2", c.Serve.Addr)
}

func TestEveryKindOfValueCanStandInAFile(t *testing.T) {
	const yaml = `
# a comment
addr: "[::1]:8080"
public_url: https://hub.example.com/
trusted_proxies: [10.0.0.0/8, 192.0.2.7]
shutdown_grace: 90s
mongodb_uri: mongodb://user:word@db.example.com/threadhub
redis_url: null
allow_private_networks: true
worker_concurrency: 4
`
	const json = `{"addr": "[::1]:8080", "public_url": "https://hub.example.com/", "trusted_proxies": ["10.0.0.0/8", "192.0.2.7"],
"shutdown_grace": "90s", "mongodb_uri": "mongodb://user:word@db.example.com/threadhub", "redis_url": null,
"allow_private_networks": true, "worker_concurrency": 4}`
	for name, content := range map[string]string{"hub.yaml": yaml, "hub.json": json} {
		t.Run(name, func(t *testing.T) {
			c, err := parse(t, nil, "serve", "--config", file(t, name, content))
			require.NoError(t, err)
			s := c.Serve
			require.Equal(t, "[::1]:8080", s.Addr)
			require.Equal(t, "https://hub.example.com", s.BaseURL())
			require.Equal(t, []string{"10.0.0.0/8", "192.0.2.7"}, s.TrustedProxies)
			require.Equal(t, 90*time.Second, s.ShutdownGrace)
			require.Equal(t, "mongodb://user:word@db.example.com/threadhub", s.MongoDBURI.Reveal())
			require.True(t, s.RedisURL.Empty())
			require.True(t, s.AllowPrivateNetworks)
			require.Equal(t, 4, s.WorkerConcurrency)
		})
	}
}

func TestAnEmptyFileAndEmptyVariablesSetNothing(t *testing.T) {
	c, err := parse(t, []string{"THREADHUB_ADDR=", "THREADHUB_MONGODB_URI="}, "serve", "--config", file(t, "hub.yaml", "# nothing yet\n"))
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8080", c.Serve.Addr)
	require.True(t, c.Serve.MongoDBURI.Empty())
}

// bucket are the settings of one, and others after them.
func bucket(others ...string) []string {
	return append([]string{"--media-s3-endpoint=https://s3.example.com", "--media-s3-bucket=files", "--media-s3-access-key=AK1", "--media-s3-secret-key=hush"}, others...)
}

func TestABucketNeedsNoMoreThanItsPlaceAndItsKey(t *testing.T) {
	c, err := parse(t, nil, append([]string{"serve"}, bucket("--media-mb=0")...)...)
	require.NoError(t, err)
	require.True(t, c.Serve.FilesInBucket())
	require.Equal(t, "us-east-1", c.Serve.MediaS3Region)
	require.Equal(t, "auto", c.Serve.MediaS3Lookup)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), "hush")
	c, err = parse(t, nil, "serve")
	require.NoError(t, err)
	require.False(t, c.Serve.FilesInBucket())
}

func TestMistakesAreRefusedWithWhatToDo(t *testing.T) {
	cases := map[string]struct {
		file    string
		environ []string
		args    []string
		says    []string
	}{
		"an unknown key":               {file: "adr: :1\n", says: []string{"hub.yaml:1: adr is no setting", "nearest is addr"}},
		"two unknown keys":             {file: "adr: :1\nlogformat: json\n", says: []string{"nearest is addr", "hub.yaml:2", "nearest is log_format"}},
		"a flag's name for a key":      {file: "data-dir: x\n", says: []string{"nearest is data_dir"}},
		"the file in the file":         {file: "config: other.yaml\n", says: []string{"config is no setting"}},
		"a key twice":                  {file: "addr: :1\naddr: :2\n", says: []string{"hub.yaml:2: addr is there twice"}},
		"a map for a value":            {file: "addr: {host: x}\n", says: []string{"hub.yaml:1: addr: want one value"}},
		"a list of lists":              {file: "trusted_proxies: [[a]]\n", says: []string{"plain values"}},
		"a list for the whole file":    {file: "- addr\n", says: []string{"key: value"}},
		"a file that is no YAML":       {file: "addr: 'x\n", says: []string{"configuration file", "hub.yaml"}},
		"a number that is none, filed": {file: "worker_concurrency: many\n", says: []string{"hub.yaml:1: worker_concurrency", "many"}},
		"a missing file":               {args: []string{"--config=/nonexistent/hub.yaml"}, says: []string{"read configuration file", "/nonexistent/hub.yaml"}},
		"an unknown variable":          {environ: []string{"THREADHUB_REDIS_URI=x"}, says: []string{"THREADHUB_REDIS_URI is no setting", "THREADHUB_REDIS_URL"}},
		"a duration that is none":      {environ: []string{"THREADHUB_SHUTDOWN_GRACE=15"}, says: []string{"THREADHUB_SHUTDOWN_GRACE", "15"}},
		"a level that is none":         {environ: []string{"THREADHUB_LOG_LEVEL=loud"}, says: []string{"--log-level", "debug"}},
		"an unknown flag":              {args: []string{"--adr=x"}, says: []string{"--addr"}},
		"an address without a port":    {args: []string{"--addr=localhost"}, says: []string{"host:port", "127.0.0.1:8080"}},
		"a port out of range":          {args: []string{"--addr=:70000"}, says: []string{"65535"}},
		"a relative public address":    {args: []string{"--public-url=hub.example.com"}, says: []string{"https://hub.example.com"}},
		"a proxy that is no address":   {args: []string{"--trusted-proxies=10.0.0.0/8,proxy"}, says: []string{`"proxy"`, "10.0.0.0/8"}},
		"a negative grace":             {args: []string{"--shutdown-grace=-1s"}, says: []string{"15s"}},
		"an empty data directory":      {args: []string{"--data-dir="}, says: []string{"./data"}},
		"another database":             {args: []string{"--mongodb-uri=postgres://u:hush@h/d"}, says: []string{"mongodb://"}},
		"another queue":                {args: []string{"--redis-url=amqp://u:hush@h"}, says: []string{"redis://"}},
		"no time to look at a webhook": {args: []string{"--journal-retention=5m"}, says: []string{"1h"}},
		"two master keys":              {args: []string{"--master-key=hush", "--master-key-file=f"}, says: []string{"keep one"}},
		"an example's token":           {args: []string{"--admin-token=change-me"}, says: []string{"openssl rand -hex 24"}},
		"an example's master key":      {args: []string{"--master-key=change-me"}, says: []string{"openssl rand -base64 32"}},
		"a token that no header holds": {args: []string{"--admin-token=hush hush"}, says: []string{"openssl rand"}},
		"no tasks at all":              {args: []string{"--worker-concurrency=0"}, says: []string{"between 1 and 1024"}},
		"half a bucket":                {args: []string{"--media-s3-bucket=files"}, says: []string{"media_s3_endpoint and media_s3_access_key and media_s3_secret_key"}},
		"a prefix of no bucket":        {args: []string{"--media-s3-prefix=files"}, says: []string{"media_s3_bucket"}},
		"a bucket in the endpoint":     {args: bucket("--media-s3-endpoint=https://s3.example.com/files"), says: []string{"media_s3_endpoint", "https://s3.eu-central-1.amazonaws.com"}},
		"an endpoint without a scheme": {args: bucket("--media-s3-endpoint=s3.example.com"), says: []string{"media_s3_endpoint"}},
		"a bucket with a slash":        {args: bucket("--media-s3-bucket=a/b"), says: []string{"media_s3_bucket", "letters"}},
		"a prefix that leads out":      {args: bucket("--media-s3-prefix=/media/"), says: []string{"media_s3_prefix", "without a slash"}},
		"a bucket and a directory":     {args: bucket("--media-dir=files"), says: []string{"media_dir and media_s3_bucket", "keep one"}},
		"files that no bucket takes":   {args: bucket("--media-file-mb=6000", "--media-mb=7000"), says: []string{"5120"}},
		"another way to name a bucket": {args: bucket("--media-s3-lookup=dns"), says: []string{"--media-s3-lookup", "path"}},
		"a switch that is none":        {environ: []string{"THREADHUB_ALLOW_PRIVATE_NETWORKS=perhaps"}, says: []string{"THREADHUB_ALLOW_PRIVATE_NETWORKS"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve"}, c.args...)
			if c.file != "" {
				args = append(args, "--config", file(t, "hub.yaml", c.file))
			}
			_, err := parse(t, c.environ, args...)
			require.Error(t, err)
			for _, text := range c.says {
				require.Contains(t, err.Error(), text)
			}
			require.NotContains(t, err.Error(), "hush", "a secret is never repeated")
		})
	}
}

func TestVariablesThatAreNotOursAreLeftAlone(t *testing.T) {
	for _, entry := range []string{
		"THREADHUB_TEST_MONGODB_URI=x", "THREADHUB_SERVICE_HOST=10.0.0.1", "THREADHUB_SERVICE_PORT_HTTP=80",
		"THREADHUB_PORT=tcp://10.0.0.1:80", "THREADHUB_PORT_80_TCP_ADDR=10.0.0.1", "OTHER_ADDR=x",
	} {
		_, err := parse(t, []string{entry}, "serve")
		require.NoError(t, err, entry)
	}
	_, err := parse(t, []string{"THREADHUB_PORT=8080"}, "serve")
	require.ErrorContains(t, err, "THREADHUB_ADDR", "this one was meant for us")
}

func TestACommandTakesItsSettingsFromTheWholeFile(t *testing.T) {
	path := file(t, "hub.yaml", "addr: :1\ndata_dir: /var/lib/hub\n")
	c, err := parse(t, nil, "migrate", "--config", path, "--steps=2")
	require.NoError(t, err)
	require.Equal(t, "/var/lib/hub", c.Migrate.DataDir)
	require.Equal(t, 2, c.Migrate.Steps)
}

func TestAFlagThatOnlyHasTheNameOfASettingIsNone(t *testing.T) {
	c, err := parse(t, []string{"THREADHUB_ADDR=:2", "THREADHUB_NONSENSE=1"}, "simulate")
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:9", c.Simulate.Addr)
}

func TestProcessesThatShareWorkNeedSharedStores(t *testing.T) {
	c, err := parse(t, nil, "serve")
	require.NoError(t, err)
	require.ErrorContains(t, c.Serve.Shared("api"), "threadhub api shares its work with other processes and needs THREADHUB_MONGODB_URI and THREADHUB_REDIS_URL")
	c, err = parse(t, nil, "serve", "--mongodb-uri=mongodb://db.example.com/hub")
	require.NoError(t, err)
	require.ErrorContains(t, c.Serve.Shared("worker"), "needs THREADHUB_REDIS_URL;")
	c, err = parse(t, nil, "serve", "--mongodb-uri=mongodb://db.example.com/hub", "--redis-url=redis://queue.example.com")
	require.NoError(t, err)
	require.NoError(t, c.Serve.Shared("worker"))
}

func TestSecretsDoNotPrintThemselves(t *testing.T) {
	c, err := parse(t, []string{"THREADHUB_MASTER_KEY=hush", "THREADHUB_REDIS_URL=redis://:hush@queue.example.com"}, "serve", "--admin-token=hush")
	require.NoError(t, err)
	require.Equal(t, "hush", c.Serve.MasterKey.Reveal())
	require.Equal(t, "hush", c.Serve.AdminToken.Reveal())
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), "hush")
}

func TestHelpNamesTheVariableOfEverySetting(t *testing.T) {
	var c commands
	var out bytes.Buffer
	left := errors.New("left")
	func() {
		defer func() { require.Equal(t, left, recover()) }()
		_, _ = config.Parse(&c, config.Input{Args: []string{"serve", "--help"}, Stdout: &out, Stderr: &out},
			kong.Exit(func(int) { panic(left) }))
	}()
	require.Contains(t, out.String(), "Address to listen on ($THREADHUB_ADDR).")
	require.Contains(t, out.String(), "Storage")
}

func TestTheLoggerWritesTheChosenFormAndLevel(t *testing.T) {
	var out bytes.Buffer
	log := config.Logging{LogLevel: "warn", LogFormat: "json"}.Logger(&out)
	log.Info("not this")
	log.Warn("this", slog.Int("n", 1))
	require.NotContains(t, out.String(), "not this")
	require.Contains(t, out.String(), `"msg":"this","n":1`)
	out.Reset()
	config.Logging{LogLevel: "debug", LogFormat: "text"}.Logger(&out).Debug("this")
	require.Contains(t, out.String(), "level=DEBUG msg=this")
}

func TestBaseURLFallsBackOnTheAddress(t *testing.T) {
	require.Equal(t, "http://127.0.0.1:8080", config.Network{Addr: "127.0.0.1:8080"}.BaseURL())
}

func TestTheDocumentationIsFresh(t *testing.T) {
	written, err := os.ReadFile("../../docs/config.md")
	require.NoError(t, err)
	require.Equal(t, config.Markdown(), string(written), "run: make generate")
}
