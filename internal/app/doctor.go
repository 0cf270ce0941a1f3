package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"threadhub/internal/blob"
	"threadhub/internal/config"
	"threadhub/internal/mongo"
	"threadhub/internal/queue"
	"threadhub/internal/seal"
	"threadhub/internal/sqlite"
)

// Level says how bad a finding is.
type Level string

// Levels.
const (
	LevelGood Level = "ok"
	LevelWarn Level = "warning" // the hub works, or will, but not for long or not well
	LevelBad  Level = "problem" // the hub does not start or does not work
)

// Finding is one thing that was looked at.
type Finding struct {
	Level Level
	What  string // "store", "disk"
	Text  string
	// Remedy is what to do; "" for what is good.
	Remedy string
}

const (
	// spareRoom is how much room a disk must have for the hub to go on, wantRoom
	// from how little on it is to be looked after. Bytes.
	spareRoom = 64 << 20
	wantRoom  = 1 << 30
	// shortToken is from how many characters on a token cannot be tried out.
	shortToken = 20
	// clockOff is by how much clocks of machines may differ before leases and
	// countdowns of one disturb the other's, clockBad when they do.
	clockOff = 2 * time.Second
	clockBad = 10 * time.Second
	// webhooksLate and messagesLate are how long work may wait before somebody
	// should look.
	webhooksLate = time.Minute
	messagesLate = 5 * time.Minute
	// doctorWithin bounds each question to a server.
	doctorWithin = 10 * time.Second
)

// doctor collects findings.
type doctor struct {
	cfg  config.Server
	now  time.Time
	list []Finding
}

func (d *doctor) good(what, text string, args ...any) {
	d.list = append(d.list, Finding{LevelGood, what, fmt.Sprintf(text, args...), ""})
}

func (d *doctor) find(level Level, what, text, remedy string) {
	d.list = append(d.list, Finding{level, what, text, remedy})
}

// CheckConfig looks at settings that can be read and may still not do: without
// opening or asking anything but the files they name.
func CheckConfig(cfg config.Server) []Finding {
	d := &doctor{cfg: cfg}
	d.settings()
	d.key()
	return d.list
}

// Diagnose looks at the settings, the data directory, the store and the queue
// of a hub, whether it runs or not. It changes nothing; a directory and a bucket
// hold a small file of its own for a moment.
func Diagnose(ctx context.Context, cfg config.Server, now time.Time) []Finding {
	d := &doctor{cfg: cfg, now: now}
	d.settings()
	ring := d.key()
	d.directory(cfg.DataDir, "data directory", "THREADHUB_DATA_DIR")
	if cfg.MediaDir != "" {
		d.directory(cfg.MediaDir, "media directory", "THREADHUB_MEDIA_DIR")
	}
	d.disk()
	d.bucket(ctx)
	ctx, cancel := context.WithTimeout(ctx, 3*doctorWithin)
	defer cancel()
	if cfg.MongoDBURI.Empty() {
		d.embedded(ctx, ring)
	} else {
		d.mongodb(ctx, ring)
	}
	d.redis(ctx)
	return d.list
}

// settings are told where they are allowed and yet hardly meant.
func (d *doctor) settings() {
	before := len(d.list)
	switch {
	case d.cfg.PublicURL == "":
		d.find(LevelWarn, "settings", "public_url is not set: platforms are told to deliver to "+d.cfg.BaseURL(), "set THREADHUB_PUBLIC_URL to the https address that platforms reach")
	case len(d.cfg.PublicURL) < 8 || d.cfg.PublicURL[:8] != "https://":
		d.find(LevelWarn, "settings", "public_url "+d.cfg.PublicURL+" is not https: most platforms deliver to nothing else", "put a proxy with TLS in front and set THREADHUB_PUBLIC_URL to its address")
	case len(d.cfg.TrustedProxies) == 0:
		d.find(LevelWarn, "settings", "trusted_proxies is not set: behind a proxy, every caller has the proxy's address", "set THREADHUB_TRUSTED_PROXIES to the proxy's address")
	}
	if n := len(d.cfg.AdminToken.Reveal()); n > 0 && n < shortToken {
		d.find(LevelWarn, "settings", fmt.Sprintf("admin_token has %d characters: it may be guessed", n), "use the output of: openssl rand -hex 24")
	}
	if d.cfg.AllowPrivateNetworks {
		d.find(LevelWarn, "settings", "allow_private_networks is set: whoever may make a channel can have the hub call your network", "unset THREADHUB_ALLOW_PRIVATE_NETWORKS unless platforms of your own are there")
	}
	if !d.cfg.MongoDBURI.Empty() && d.cfg.MediaDir == "" && !d.cfg.FilesInBucket() {
		d.find(LevelWarn, "settings", "media_dir is not set: each process keeps files of its own, and an upload is found by one of them only", "set THREADHUB_MEDIA_DIR to a directory that all processes share, or THREADHUB_MEDIA_S3_BUCKET to a bucket")
	}
	if d.cfg.FilesInBucket() && strings.HasPrefix(d.cfg.MediaS3Endpoint, "http://") {
		d.find(LevelWarn, "settings", "media_s3_endpoint is not https: files of messages can be read on the way", "use https, unless the way is your own")
	}
	if len(d.list) == before {
		d.good("settings", "can be used")
	}
}

// key answers the master keys, nil if there are none.
func (d *doctor) key() *seal.Keyring {
	ring, err := givenRing(d.cfg)
	made := filepath.Join(d.cfg.DataDir, masterKeyFile)
	switch {
	case err == nil:
		d.good("master key", "key %s", ring.ActiveID())
	case errors.Is(err, seal.ErrKeyFile) || errors.Is(err, seal.ErrKey):
		d.find(LevelBad, "master key", err.Error(), "give the key as docs/config.md says")
	case d.cfg.MongoDBURI.Empty() && errors.Is(sqlite.Whole(d.cfg.DataDir), sqlite.ErrNoStore):
		d.good("master key", "is made on the first start, in %s", made)
	default:
		d.find(LevelBad, "master key", err.Error(), "without the key that this hub was set up with, its credentials cannot be opened")
	}
	return ring
}

// directory has to be there, to be writable, and to be nobody else's.
func (d *doctor) directory(dir, what, variable string) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.good(what, "%s is made on the first start", dir)
		return
	case err != nil:
		d.find(LevelBad, what, fmt.Sprintf("%s cannot be used: %v", dir, err), "choose another directory with "+variable)
		return
	case !info.IsDir():
		d.find(LevelBad, what, dir+" is no directory", "choose another directory with "+variable)
		return
	}
	probe, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		d.find(LevelBad, what, err.Error(), "let the hub's user write there, or choose another directory with "+variable)
		return
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		d.find(LevelWarn, what, err.Error(), "remove "+probe.Name())
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		d.find(LevelWarn, what, fmt.Sprintf("others can look into %s (mode %04o)", dir, perm), "run: chmod 700 "+dir)
		return
	}
	d.good(what, "%s", dir)
}

// bucket has to take, show, list and remove files; a small one is put there for
// a moment.
func (d *doctor) bucket(ctx context.Context) {
	if !d.cfg.FilesInBucket() {
		return
	}
	const what = "files"
	b, err := openBucket(d.cfg)
	if err == nil {
		defer b.Close()
		err = checkBucket(ctx, b)
	}
	var wrong *blob.SetupError
	switch {
	case errors.As(err, &wrong):
		why, remedy, _ := strings.Cut(wrong.Why, ": ")
		d.find(LevelBad, what, why+" ("+wrong.Code+")", remedy)
	case err != nil:
		d.find(LevelBad, what, err.Error(), "check THREADHUB_MEDIA_S3_ENDPOINT and that the server runs; until it answers, files are not to be had, messages are")
	default:
		d.good(what, "bucket %s at %s", d.cfg.MediaS3Bucket, d.cfg.MediaS3Endpoint)
	}
}

func (d *doctor) disk() {
	free, err := freeBytes(d.cfg.DataDir)
	const remedy = "make room, or shorten THREADHUB_JOURNAL_RETENTION and THREADHUB_MEDIA_MB; without room webhooks are answered 503 and platforms deliver them again later"
	switch {
	case err != nil: // the directory is not there, which is told already
	case free < spareRoom:
		d.find(LevelBad, "disk", size(free)+" left", remedy)
	case free < wantRoom:
		d.find(LevelWarn, "disk", size(free)+" left", remedy)
	default:
		d.good("disk", "%s left", size(free))
	}
}

func (d *doctor) embedded(ctx context.Context, ring *seal.Keyring) {
	in, err := sqlite.Inspect(ctx, d.cfg.DataDir)
	known, e := sqlite.Known()
	switch {
	case errors.Is(err, sqlite.ErrNoStore):
		d.good("store", "is made on the first start")
		return
	case errors.As(err, new(*sqlite.HalfError)) || sqlite.IsDamaged(err):
		d.find(LevelBad, "store", err.Error(), "see docs/operations.md, \"The store is damaged\"")
		return
	case errors.Join(err, e) != nil:
		d.find(LevelBad, "store", errors.Join(err, e).Error(), "run doctor as the hub's user, and see that the disk can be written and has room; only if the files themselves are broken, see docs/operations.md, \"The store is damaged\"")
		return
	}
	state := "no hub runs on it"
	if in.Running {
		state = "a hub runs on it"
	}
	d.good("store", "embedded, %s, %s", size(uint64(in.Bytes)), state)
	for _, file := range sqlite.Files() {
		d.version(file, in.Have[file], known[file])
	}
	if in.Newest.After(d.now.Add(clockOff)) {
		d.find(LevelBad, "clock", fmt.Sprintf("the latest webhook came at %s, which is yet to come by this machine's clock", in.Newest.Format(time.RFC3339)), "set the clock right and keep it so (NTP): countdowns run by it")
	} else {
		d.good("clock", "not behind what is in the store")
	}
	d.backlog(backlog{webhooks: in.Pending, oldest: since(in.Oldest, d.now), messages: in.Deliveries, overdue: since(in.Due, d.now)})
	body, err := sqlite.Record(ctx, d.cfg.DataDir, keyCheckKind, checkID)
	d.opens(ring, body, err)
}

func (d *doctor) mongodb(ctx context.Context, ring *seal.Keyring) {
	uri := d.cfg.MongoDBURI.Reveal()
	in, err := mongo.Inspect(ctx, uri)
	if err != nil {
		d.find(LevelBad, "store", err.Error(), "check THREADHUB_MONGODB_URI and that the server runs and has a primary")
		return
	}
	if in.ReplicaSet == "" {
		d.find(LevelWarn, "store", "MongoDB is one server alone: what it loses is lost", "run it as a replica set of three")
	} else {
		d.good("store", "MongoDB, replica set %s", in.ReplicaSet)
	}
	d.version("database", in.Have, in.Known)
	d.clock("MongoDB", in.Ahead)
	d.backlog(backlog{webhooks: in.Pending, oldest: since(in.Oldest, d.now), messages: in.Deliveries, overdue: since(in.Due, d.now)})
	body, err := mongo.Record(ctx, uri, keyCheckKind, checkID)
	d.opens(ring, body, err)
}

func (d *doctor) version(what string, have, known int) {
	switch {
	case have > known:
		d.find(LevelBad, "schema", fmt.Sprintf("%s has version %d, this program knows up to %d", what, have, known), "use the newer threadhub that wrote it, or restore the backup made before the upgrade")
	case have < known:
		d.find(LevelWarn, "schema", fmt.Sprintf("%s has version %d, this program brings it to %d", what, have, known), "make a backup, then run: threadhub migrate; or start the hub, which does the same")
	default:
		d.good("schema", "%s has version %d, nothing is to be migrated", what, have)
	}
}

func (d *doctor) clock(whose string, ahead time.Duration) {
	off := ahead.Abs()
	text := fmt.Sprintf("%s is %s off this machine", whose, off.Round(time.Millisecond))
	const remedy = "keep both clocks right (NTP): leases and countdowns of several machines meet in the store"
	switch {
	case off >= clockBad:
		d.find(LevelBad, "clock", text, remedy)
	case off >= clockOff:
		d.find(LevelWarn, "clock", text, remedy)
	default:
		d.good("clock", "%s", text)
	}
}

func (d *doctor) backlog(b backlog) {
	if b.oldest > webhooksLate {
		d.find(LevelWarn, "backlog", fmt.Sprintf("%d webhooks wait, the oldest for %s", b.webhooks, b.oldest.Round(time.Second)), "see that a hub with workers runs (threadhub serve or worker); docs/operations.md, \"Conversations lag behind\"")
	} else {
		d.good("backlog", "%d webhooks wait", b.webhooks)
	}
	if b.overdue > messagesLate {
		d.find(LevelWarn, "backlog", fmt.Sprintf("%d messages wait to leave, the first has been due for %s", b.messages, b.overdue.Round(time.Second)), "GET /v1/channels shows channels that are suspended or whose platform does not answer; docs/operations.md, \"Messages do not leave\"")
	} else {
		d.good("backlog", "%d messages wait to leave", b.messages)
	}
}

// opens tells whether the given keys are those of the store.
func (d *doctor) opens(ring *seal.Keyring, body []byte, err error) {
	switch {
	case ring == nil || err == nil && body == nil: // told already, or nothing is sealed yet
	case err != nil:
		d.find(LevelBad, "master key", err.Error(), "the store could not be read; see the findings above")
	default:
		if err := verifyCheck(ring, body); err != nil {
			d.find(LevelBad, "master key", err.Error(), "give the key that this hub was set up with")
			return
		}
		d.good("master key", "opens what is stored")
	}
}

func (d *doctor) redis(ctx context.Context) {
	if d.cfg.RedisURL.Empty() {
		d.good("queue", "inside the process")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, doctorWithin)
	defer cancel()
	in, err := queue.Inspect(ctx, d.cfg.RedisURL.Reveal())
	switch {
	case err != nil:
		d.find(LevelBad, "queue", err.Error(), "check THREADHUB_REDIS_URL and that the server runs; until then work is found by looking every second, and live events are not heard by other processes")
		return
	case in.TooOld:
		d.find(LevelBad, "queue", "Redis "+in.Version+" is too old", "use Redis 6.2 or later")
	case in.Evicts != "":
		d.find(LevelWarn, "queue", "Redis drops keys when its memory is full ("+in.Evicts+")", "set its maxmemory-policy to noeviction")
	default:
		d.good("queue", "Redis %s", in.Version)
	}
	d.clock("Redis", in.Ahead)
}
