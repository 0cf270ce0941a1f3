package archtest

// module is the product's Go module.
const module = "threadhub"

// rule says which packages of this module a package may import. Patterns are
// paths inside the module; "*" stands for one path element, "**" for any.
type rule struct {
	pkg   string
	may   []string
	tests []string // beyond may, in its tests
}

// rules is the import table. The most exact pattern counts.
var rules = []rule{
	{pkg: "normalize"},

	{pkg: "connectors", may: []string{"normalize"}},
	{pkg: "connectors/conntest", may: []string{"connectors", "normalize"}},
	{pkg: "connectors/all", may: []string{"connectors", "connectors/*"}, tests: []string{"normalize"}},
	{pkg: "connectors/meta", may: []string{"connectors", "normalize"}},
	{pkg: "connectors/meta/messaging", may: []string{"connectors", "connectors/meta", "normalize"}},
	{pkg: "connectors/whatsapp", may: []string{"connectors", "connectors/meta", "normalize"}, tests: []string{"connectors/conntest"}},
	{pkg: "connectors/messenger", may: []string{"connectors", "connectors/meta", "connectors/meta/messaging", "normalize"}, tests: []string{"connectors/conntest"}},
	{pkg: "connectors/instagram", may: []string{"connectors", "connectors/meta", "connectors/meta/messaging", "normalize"}, tests: []string{"connectors/conntest"}},
	{pkg: "connectors/discord", may: []string{"connectors", "connectors/discord/gateway", "normalize"}, tests: []string{"connectors/conntest"}},
	{pkg: "connectors/discord/gateway", may: []string{"connectors"}, tests: []string{"normalize", "internal/egress"}},
	{pkg: "connectors/custom", may: []string{"connectors", "connectors/custom/expression", "normalize"}, tests: []string{"connectors/conntest", "connectors/*"}},
	{pkg: "connectors/custom/expression"},
	{pkg: "connectors/*", may: []string{"connectors", "normalize"}, tests: []string{"connectors/conntest"}},

	{pkg: "threads/rules"},
	{pkg: "threads", may: []string{"normalize", "threads/rules", "internal/crashpoint", "internal/ident"}, tests: []string{"internal/sqlite", "internal/storetest", "workers"}},
	{pkg: "threads/routing", may: []string{"normalize", "threads", "internal/ident"}},

	{pkg: "workers", may: []string{
		"normalize", "connectors", "threads", "internal/bus", "internal/callout", "internal/channels", "internal/directory", "internal/egress",
		"internal/ident", "internal/journal", "internal/queue", "internal/rulebook", "internal/settings", "internal/tokens", "threads/rules",
		"threads/routing", "internal/tracing", "internal/crashpoint",
	}, tests: []string{"connectors/*", "internal/seal", "internal/sqlite", "internal/storetest"}},

	{pkg: "api"},
	{pkg: "api/client", may: []string{"api"}},
	{pkg: "console", may: []string{"internal/webfiles"}, tests: []string{"internal/webfiles/freshtest"}},
	{pkg: "console/browsertest", tests: []string{"internal/simulate"}},
	{pkg: "console/widget", may: []string{"internal/webfiles", "sdk"}, tests: []string{"internal/webfiles/freshtest"}},
	{pkg: "internal/webfiles"},
	{pkg: "internal/webfiles/freshtest"},
	{pkg: "sdk", tests: []string{"internal/webfiles/freshtest"}},

	// Records and small tools.
	{pkg: "internal/ident"},
	{pkg: "internal/crashpoint"},
	{pkg: "internal/journal"},
	{pkg: "internal/directory"},
	{pkg: "internal/idempotency"},
	{pkg: "internal/pulse", may: []string{"internal/directory"}},
	{pkg: "internal/audit", may: []string{"internal/directory", "internal/ident"}},
	{pkg: "internal/spool"},
	{pkg: "internal/reports", may: []string{"threads"}},
	{pkg: "internal/schedules", may: []string{"threads", "internal/directory", "internal/ident"}},
	{pkg: "internal/settings", may: []string{"threads", "threads/routing", "internal/directory", "internal/retention"}},
	{pkg: "internal/people", may: []string{"threads", "internal/directory"}},
	{pkg: "internal/retention", may: []string{"threads"}},
	{pkg: "internal/expiry", may: []string{"threads", "internal/directory", "internal/ident", "internal/journal", "internal/privacy", "internal/retention"}, tests: []string{"internal/sqlite"}},
	{pkg: "internal/queuebook", may: []string{"threads", "threads/routing", "internal/directory", "internal/ident"}},
	{pkg: "internal/canned", may: []string{"internal/directory", "internal/ident"}},
	{pkg: "internal/stylerules", may: []string{"threads", "threads/rules", "internal/directory", "internal/ident"}},
	{pkg: "internal/callout", may: []string{"connectors", "internal/egress"}},
	{pkg: "internal/rulebook", may: []string{"connectors", "internal/callout", "threads", "threads/rules", "internal/directory", "internal/ident", "internal/seal"}},
	{pkg: "internal/owner"},
	{pkg: "internal/seal", may: []string{"connectors", "internal/owner"}},
	{pkg: "internal/backup", may: []string{"connectors", "internal/seal"}},
	{pkg: "internal/tracing"},
	{pkg: "internal/redisconn", tests: []string{"internal/queue/queuetest"}},
	{pkg: "internal/spell"},
	{pkg: "internal/blob", may: []string{"connectors", "internal/egress"}, tests: []string{"internal/blob/blobtest"}},
	{pkg: "internal/blob/blobtest", may: []string{"connectors", "internal/blob"}},
	{pkg: "internal/privacy", may: []string{"threads", "internal/directory", "internal/ident", "internal/journal"}, tests: []string{"normalize", "internal/sqlite"}},
	{pkg: "internal/subscriptions", may: []string{
		"connectors", "normalize", "threads", "workers", "internal/callout", "internal/channels", "internal/directory", "internal/ident",
		"internal/seal", "internal/spell", "internal/spool", "internal/crashpoint",
	}, tests: []string{"internal/egress", "internal/sqlite"}},
	{pkg: "internal/config", may: []string{"connectors", "internal/spell"}},
	{pkg: "internal/config/gendocs", may: []string{"internal/config"}},
	{pkg: "internal/archtest"},

	// What the hub is made of.
	{pkg: "internal/egress", may: []string{"connectors", "normalize", "internal/redisconn", "internal/tracing"}},
	{pkg: "internal/tokens", may: []string{
		"connectors", "normalize", "internal/directory", "internal/egress", "internal/seal",
	}, tests: []string{"threads", "internal/channels"}},
	{pkg: "internal/channels", may: []string{
		"connectors", "normalize", "threads", "internal/directory", "internal/egress", "internal/ident", "internal/retention", "internal/seal", "internal/tokens",
	}, tests: []string{"connectors/*"}},
	{pkg: "internal/templates", may: []string{
		"connectors", "normalize", "threads", "internal/channels", "internal/directory", "internal/egress",
	}},
	{pkg: "internal/profiles", may: []string{
		"connectors", "normalize", "threads", "internal/channels", "internal/directory", "internal/egress", "internal/ident", "internal/tokens",
	}, tests: []string{"internal/sqlite"}},
	{pkg: "internal/media", may: []string{
		"connectors", "normalize", "threads", "internal/blob", "internal/channels", "internal/egress", "internal/ident", "internal/tokens",
	}, tests: []string{"internal/blob/blobtest", "internal/directory", "internal/seal"}},
	{pkg: "internal/accept", may: []string{
		"connectors", "normalize", "threads", "internal/channels", "internal/ident", "internal/journal", "internal/tracing", "internal/crashpoint",
	}, tests: []string{"connectors/*", "internal/directory", "internal/egress", "internal/seal", "internal/sqlite"}},
	{pkg: "internal/streams", may: []string{
		"connectors", "threads", "internal/channels", "internal/directory", "internal/egress",
	}, tests: []string{"normalize", "internal/directory", "internal/sqlite"}},
	{pkg: "internal/webchat", may: []string{
		"connectors", "connectors/webchat", "normalize", "threads", "internal/bus", "internal/channels", "internal/directory", "internal/ident", "internal/media", "internal/seal",
	}, tests: []string{"internal/accept", "internal/sqlite"}},
	{pkg: "internal/auth", may: []string{"threads", "internal/directory", "internal/ident"}},
	{pkg: "internal/reactions", may: []string{"connectors", "normalize", "threads", "internal/channels", "internal/egress", "internal/tokens"}},
	{pkg: "internal/oidc", may: []string{"connectors", "internal/egress"}},
	{pkg: "internal/bus", may: []string{"normalize", "threads", "internal/ident", "internal/redisconn"}, tests: []string{"internal/queue/queuetest"}},
	{pkg: "internal/queue", may: []string{"internal/ident", "internal/redisconn"}, tests: []string{"internal/queue/queuetest"}},
	{pkg: "internal/queue/queuetest"},
	{pkg: "internal/httpapi", may: []string{
		"api", "connectors", "console", "normalize", "threads", "workers", "internal/accept", "internal/audit", "internal/auth", "internal/bus", "internal/callout", "internal/channels",
		"internal/directory", "internal/egress", "internal/idempotency", "internal/ident", "internal/journal", "internal/media", "internal/oidc", "internal/pulse", "internal/reports", "internal/schedules",
		"internal/rulebook", "internal/settings", "internal/stylerules", "internal/tokens", "threads/rules", "connectors/webchat", "internal/webchat", "internal/canned", "internal/templates", "internal/spool", "internal/subscriptions",
		"internal/queuebook", "internal/privacy", "internal/reactions", "internal/retention", "internal/expiry", "threads/routing", "internal/crashpoint", "console/widget",
	}, tests: []string{"connectors/*", "internal/blob", "internal/people", "internal/seal", "internal/sqlite"}},

	// The stores, and what holds them to one behaviour.
	{pkg: "internal/sqlite", may: []string{
		"normalize", "threads", "workers", "internal/directory", "internal/idempotency", "internal/journal", "internal/owner", "internal/spool", "internal/crashpoint",
	}, tests: []string{
		"internal/ident", "internal/storetest", "internal/threadtest", "connectors", "internal/accept", "internal/channels", "internal/httpapi",
	}},
	{pkg: "internal/mongo", may: []string{
		"normalize", "threads", "workers", "internal/directory", "internal/idempotency", "internal/journal", "internal/spool", "internal/crashpoint",
	}, tests: []string{"internal/ident", "internal/mongo/mongotest", "internal/storetest", "internal/threadtest"}},
	{pkg: "internal/mongo/mongotest", may: []string{"internal/ident", "internal/mongo", "internal/mongo/mongotest/memory"}},
	{pkg: "internal/mongo/mongotest/memory"},
	{pkg: "internal/mongo/mongotest/memory/serve", may: []string{"internal/mongo/mongotest/memory"}},
	{pkg: "internal/storetest", may: []string{
		"normalize", "threads", "threads/rules", "workers", "internal/directory", "internal/idempotency", "internal/ident", "internal/journal", "internal/spool",
	}},
	{pkg: "internal/threadtest", may: []string{"normalize", "threads", "threads/routing", "internal/ident"}, tests: []string{"internal/sqlite"}},

	// Only these know everybody.
	{pkg: "internal/app", may: []string{"**"}},
	{pkg: "internal/simulate", may: []string{"api", "normalize", "internal/ident"}, tests: []string{"connectors", "connectors/*", "internal/simulate/simtest"}},
	{pkg: "internal/simulate/simtest", may: []string{"connectors", "connectors/*", "normalize", "internal/simulate"}},
	{pkg: "cmd/threadhub", may: []string{"**"}},
	{pkg: "internal/day", may: []string{"threads", "threads/routing"}},
	{pkg: "internal/chaos", may: []string{"internal/crashpoint", "internal/mongo/mongotest", "internal/queue/queuetest"}},
	{pkg: "cmd/*", may: []string{"internal/simulate", "internal/day", "internal/chaos", "internal/crashpoint"}, tests: []string{"internal/simulate/simtest"}},
}

// strangers are pairs that never meet, in tests neither.
var strangers = [][2]string{
	{"connectors/**", "threads/**"},
	{"threads/**", "connectors/**"},
	{"internal/httpapi", "internal/mongo"},
	{"**", "cmd/**"},
}

// onlyCommands may import internal/app.
const onlyCommands = "internal/app"

// libraries says who may use a library that belongs to one place. Tests are
// free. Libraries that are not listed are anybody's, save in pure packages.
var libraries = map[string][]string{
	"modernc.org/sqlite":                    {"internal/sqlite"},
	"go.mongodb.org/mongo-driver":           {"internal/mongo", "internal/mongo/mongotest", "internal/mongo/mongotest/memory"},
	"github.com/tidwall/btree":              {"internal/mongo/mongotest/memory"},
	"github.com/hibiken/asynq":              {"internal/queue", "workers", "internal/app"},
	"github.com/alicebob/miniredis":         {"internal/queue"},
	"github.com/redis/go-redis":             {"internal/queue", "internal/queue/queuetest", "internal/redisconn", "internal/bus", "internal/egress", "internal/app"},
	"github.com/go-redis/redis_rate":        {"internal/egress"},
	"github.com/sony/gobreaker":             {"internal/egress"},
	"go.opentelemetry.io":                   {"internal/tracing"},
	"filippo.io/age":                        {"internal/backup"},
	"code.dny.dev/ssrf":                     {"internal/egress"},
	"github.com/minio/minio-go":             {"internal/blob"},
	"github.com/rclone/gofakes3":            {"internal/blob/blobtest"},
	"github.com/coder/websocket":            {"internal/egress", "internal/simulate"},
	"github.com/alecthomas/kong":            {"internal/config", "cmd/*"},
	"go.yaml.in/yaml":                       {"api", "internal/config"},
	"github.com/gin-gonic/gin":              {"api", "internal/httpapi", "internal/app", "internal/simulate", "cmd/*"},
	"github.com/getkin/kin-openapi":         {"api", "internal/httpapi"},
	"github.com/santhosh-tekuri/jsonschema": {"connectors/conntest", "internal/channels", "internal/httpapi"},
	"github.com/stretchr/testify":           {"connectors/conntest", "internal/blob/blobtest", "internal/storetest", "internal/mongo/mongotest", "internal/queue/queuetest", "internal/threadtest", "internal/webfiles/freshtest"},
	"github.com/kyokomi/emoji":              {"connectors/slack"},
	"github.com/golang-jwt/jwt":             {"connectors/custom", "connectors/webchat", "internal/webchat"},
	"cel.dev/cel-go":                        {"connectors/custom/expression"},
	"github.com/coreos/go-oidc":             {"internal/oidc"},
	"golang.org/x/oauth2":                   {"internal/oidc"},
	"go.uber.org/goleak":                    {},
	"pgregory.net/rapid":                    {"internal/storetest", "internal/threadtest"},
}

// pure packages do no I/O and read no clock. They use the standard library
// and the libraries named here.
var pure = map[string][]string{
	"normalize":    {},
	"connectors":   {},
	"connectors/*": {"github.com/nyaruka/phonenumbers", "github.com/kyokomi/emoji/v2", "github.com/golang-jwt/jwt/v5"},

	"connectors/custom": {"github.com/golang-jwt/jwt/v5", "github.com/hashicorp/golang-lru/v2"},
	// The language of expressions, whose values are the library's.
	"connectors/custom/expression": {
		"cel.dev/cel-go/cel", "cel.dev/cel-go/common/ast", "cel.dev/cel-go/common/cost", "cel.dev/cel-go/common/env", "cel.dev/cel-go/common/operators",
		"cel.dev/cel-go/common/types", "cel.dev/cel-go/common/types/ref", "cel.dev/cel-go/common/types/traits", "cel.dev/cel-go/interpreter",
		"github.com/hashicorp/golang-lru/v2",
	},

	"connectors/meta/messaging": {},
	"threads/rules":             {},
}

// impure are standard packages that reach outside the process.
var impure = []string{"os", "os/exec", "os/signal", "net", "syscall", "database/sql", "io/ioutil"}

// clock are the functions that read it.
var clock = map[string][]string{"time": {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}}

// dialling is what calls out of the process, and dialers who may.
var (
	dialling = map[string][]string{
		"net/http": {"Client", "DefaultClient", "Transport", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
		"net":      {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialUnix", "DialIP", "Dialer"},
	}
	dialers = []string{"internal/egress", "internal/chaos", "internal/simulate", "internal/simulate/simtest", "cmd/*", "api/client"}
)

// vague are names that say nothing of what is inside.
var vague = []string{"util", "utils", "common", "helper", "helpers", "models", "types", "misc", "stuff"}

// maxLines is the longest a source file may be, unless it is generated.
const maxLines = 500

// forbidden are strings that have no place in any file. They are put together
// here so that this file does not hold them itself.
var forbidden = []string{
	"/" + "work/", "/" + "root/", // a developer's machine
	"TO" + "DO", "FIX" + "ME", "X" + "XX:", // unfinished work belongs in an issue
	"<<<<" + "<<<", ">>>>" + ">>>", // a merge gone wrong
}
