package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"threadhub/internal/config"
	"threadhub/internal/simulate"
)

const deploy = "../../deploy/"

type object = map[string]any

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(raw)
}

// documents are the YAML documents of a file.
func documents(t *testing.T, path string) (list []object) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(read(t, path)))
	for {
		var doc object
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return list
		}
		require.NoError(t, err, path)
		list = append(list, doc)
	}
}

func texts(t *testing.T, v any) (list []string) {
	t.Helper()
	for _, item := range v.([]any) {
		list = append(list, item.(string))
	}
	return list
}

// starts proves that threadhub takes such a command line and environment, and
// answers its settings.
func starts(t *testing.T, args []string, environment map[string]string) config.Server {
	t.Helper()
	var environ []string
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		environ = append(environ, name+"="+environment[name])
	}
	var cli commands
	_, err := config.Parse(&cli, config.Input{Args: args, Environ: environ, Stdout: io.Discard, Stderr: io.Discard},
		kong.Vars(simulate.FlagVariables()))
	require.NoError(t, err, "threadhub %v", args)
	switch args[0] {
	case "api":
		require.NoError(t, cli.API.Shared("api"))
		return cli.API.Server
	case "worker":
		require.NoError(t, cli.Worker.Shared("worker"))
		return cli.Worker.Server
	case "serve":
		return cli.Serve.Server
	}
	return config.Server{}
}

var (
	given      = regexp.MustCompile(`\$\{([A-Z_]+)(?::-([^}]*)|:\?[^}]*)?\}`)
	dockerfile = regexp.MustCompile(`(?m)^(\w+) (.*(?:\\\n.*)*)$`)
)

// filled puts values for the variables that compose takes from its environment.
func filled(s string) string {
	values := map[string]string{
		"THREADHUB_MASTER_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "THREADHUB_ADMIN_TOKEN": "adm", "THREADHUB_PUBLIC_URL": "https://hub.example.com",
	}
	return given.ReplaceAllStringFunc(s, func(v string) string {
		m := given.FindStringSubmatch(v)
		if m[2] != "" {
			return m[2]
		}
		return values[m[1]]
	})
}

func TestDeployComposeStartsTheHub(t *testing.T) {
	services := documents(t, deploy+"compose.yaml")[0]["services"].(object)
	for _, role := range []string{"api", "worker"} {
		s := services[role].(object)
		environment := map[string]string{}
		for name, value := range s["environment"].(object) {
			environment[name] = filled(fmt.Sprint(value))
		}
		cfg := starts(t, texts(t, s["command"]), environment)
		require.True(t, strings.HasSuffix(cfg.Addr, ":8080"), "the port that is published, and that the image exposes")
		require.True(t, strings.HasPrefix(cfg.MediaDir, "/data/"), "files are on the volume that is shared")
		require.Contains(t, texts(t, s["volumes"]), "files:/data")
		for other := range s["depends_on"].(object) {
			require.Contains(t, services[other].(object), "healthcheck", "%s waits for %s", role, other)
		}
	}
	require.Equal(t, []string{"127.0.0.1:8080:8080"}, texts(t, services["api"].(object)["ports"]))
	require.Contains(t, texts(t, services["redis"].(object)["command"]), "noeviction")
}

func TestDeployImageIsBuiltLikeARelease(t *testing.T) {
	text := read(t, deploy+"Dockerfile")
	lines := map[string][]string{}
	for _, m := range dockerfile.FindAllStringSubmatch(text, -1) {
		lines[m[1]] = append(lines[m[1]], m[2])
	}
	require.Len(t, lines["FROM"], 2)
	require.Contains(t, lines["FROM"][0], "golang:"+goVersion(t))
	require.Contains(t, lines["FROM"][1], "distroless/static")
	require.Contains(t, lines["FROM"][1], "nonroot")
	release := read(t, "../../tools/dist")
	for _, flag := range []string{"CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "-trimpath", "-s -w -buildid= -X main.version="} {
		require.Contains(t, lines["RUN"][1], flag)
		require.Contains(t, release, flag, "the same flags in both")
	}
	environment := map[string]string{}
	for _, pair := range strings.Fields(lines["ENV"][0]) {
		name, value, _ := strings.Cut(pair, "=")
		environment[name] = value
	}
	var command []string
	require.NoError(t, json.Unmarshal([]byte(lines["CMD"][0]), &command))
	cfg := starts(t, command, environment)
	require.Equal(t, "0.0.0.0:"+lines["EXPOSE"][0], cfg.Addr)
	require.Equal(t, lines["VOLUME"][0], cfg.DataDir)
}

// goVersion is "1.26" of go.mod.
func goVersion(t *testing.T) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../../go.mod"))
	require.NotNil(t, m)
	return m[1]
}

func TestDeploySystemdStartsTheHub(t *testing.T) {
	unit := read(t, deploy+"systemd/threadhub.service")
	environment := map[string]string{}
	for line := range strings.Lines(read(t, deploy+"systemd/threadhub.env.example")) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			environment[name] = value
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^Environment=(\w+)=(.*)$`).FindAllStringSubmatch(unit, -1) {
		environment[m[1]] = m[2]
	}
	command := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/threadhub (.*)$`).FindStringSubmatch(unit)
	require.NotNil(t, command)
	cfg := starts(t, strings.Fields(command[1]), environment)
	require.Equal(t, "/var/lib/threadhub", cfg.DataDir, "where StateDirectory lets it write")
	starts(t, []string{"check-config"}, environment)
	stop := regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+)$`).FindStringSubmatch(unit)
	require.NotNil(t, stop)
	require.Greater(t, stop[1]+"s", cfg.ShutdownGrace.String(), "it is not killed within its grace")
}

func TestDeploySystemdUnitIsUnderstood(t *testing.T) {
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd-analyze is not installed: the unit is not looked at by it")
		return
	}
	unit := filepath.Join(t.TempDir(), "threadhub.service")
	text := strings.ReplaceAll(read(t, deploy+"systemd/threadhub.service"), "/usr/local/bin/threadhub", "/bin/true")
	require.NoError(t, os.WriteFile(unit, []byte(text), 0o644))
	out, err := exec.Command(verify, "verify", "--man=no", unit).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), "threadhub.service", "%s", out)
}

// cluster are the objects of the manifests by kind and name.
func cluster(t *testing.T) map[string]object {
	t.Helper()
	all := map[string]object{}
	for _, file := range texts(t, documents(t, deploy+"kubernetes/kustomization.yaml")[0]["resources"]) {
		for _, doc := range documents(t, deploy+"kubernetes/"+file) {
			require.NotEmpty(t, doc["apiVersion"], file)
			all[fmt.Sprint(doc["kind"], "/", doc["metadata"].(object)["name"])] = doc
		}
	}
	return all
}

func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(object)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v
}

func TestDeployKubernetesStartsTheHub(t *testing.T) {
	all := cluster(t)
	environment := map[string]string{}
	for _, source := range []any{at(all["ConfigMap/threadhub-settings"], "data"), at(all["Secret/threadhub-secrets"], "stringData")} {
		for name, value := range source.(object) {
			environment[name] = value.(string)
		}
	}
	for _, secret := range []string{"THREADHUB_MASTER_KEY", "THREADHUB_ADMIN_TOKEN"} {
		require.Equal(t, "change-me", environment[secret], "which no hub starts with: see internal/config")
		environment[secret] = filled("${" + secret + "}")
	}
	for _, role := range []string{"api", "worker"} {
		d := all["Deployment/threadhub-"+role]
		pod := at(d, "spec", "template", "spec")
		box := at(pod, "containers", 0)
		cfg := starts(t, texts(t, at(box, "args")), environment)
		require.Equal(t, role, at(box, "args", 0))
		require.Equal(t, fmt.Sprintf("0.0.0.0:%d", at(box, "ports", 0, "containerPort")), cfg.Addr)
		require.Equal(t, fmt.Sprint(at(box, "ports", 0, "containerPort")), at(d, "spec", "template", "metadata", "annotations", "prometheus.io/port"))
		for probe, path := range map[string]string{"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/healthz"} {
			require.Equal(t, path, at(box, probe, "httpGet", "path"))
			require.Equal(t, at(box, "ports", 0, "name"), at(box, probe, "httpGet", "port"))
		}
		require.Greater(t, at(pod, "terminationGracePeriodSeconds").(int), int(cfg.ShutdownGrace.Seconds())+5)
		require.Equal(t, false, at(pod, "enableServiceLinks"))
		require.Equal(t, true, at(box, "securityContext", "readOnlyRootFilesystem"))
		mounts := map[string]any{}
		for _, m := range at(box, "volumeMounts").([]any) {
			mounts[at(m, "mountPath").(string)] = at(m, "name")
		}
		require.Equal(t, map[string]any{cfg.DataDir: "data", cfg.MediaDir: "files"}, mounts)
		require.Contains(t, all, "PersistentVolumeClaim/"+at(pod, "volumes", 1, "persistentVolumeClaim", "claimName").(string))
		require.Equal(t, at(d, "spec", "selector", "matchLabels"), at(d, "spec", "template", "metadata", "labels"))
		require.Equal(t, at(d, "spec", "selector", "matchLabels"), at(all["PodDisruptionBudget/threadhub-"+role], "spec", "selector", "matchLabels"))
		refs := fmt.Sprint(at(box, "envFrom"))
		require.Contains(t, refs, "threadhub-settings")
		require.Contains(t, refs, "threadhub-secrets")
	}
	require.Equal(t, at(all["Deployment/threadhub-api"], "spec", "selector", "matchLabels"), at(all["Service/threadhub"], "spec", "selector"))
	require.Contains(t, all, "Deployment/"+at(all["HorizontalPodAutoscaler/threadhub-api"], "spec", "scaleTargetRef", "name").(string))
}

func TestDeployKubernetesRenders(t *testing.T) {
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Log("kubectl is not installed: the manifests are not rendered")
		return
	}
	out, err := exec.Command(kubectl, "kustomize", deploy+"kubernetes").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, len(cluster(t)), strings.Count("\n"+string(out), "\nkind: "))
}

// shown are the metrics of docs/metrics.md with their type and labels, as they
// are named in queries.
func shown(t *testing.T) map[string][]string {
	t.Helper()
	line := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\w+) \\| ([^|]*) \\|")
	metrics := map[string][]string{}
	for _, m := range line.FindAllStringSubmatch(read(t, "../../docs/metrics.md"), -1) {
		labels := []string{"job", "instance"}
		for _, l := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(m[3], -1) {
			labels = append(labels, l[1])
		}
		if m[2] != "histogram" {
			metrics[m[1]] = labels
			continue
		}
		metrics[m[1]+"_count"], metrics[m[1]+"_sum"] = labels, labels
		metrics[m[1]+"_bucket"] = append(slices.Clone(labels), "le")
	}
	require.NotEmpty(t, metrics)
	return metrics
}

var (
	named   = regexp.MustCompile(`threadhub_\w+`)
	matched = regexp.MustCompile(`(threadhub_\w+)\{([^}]*)\}`)
	matcher = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)\s*"`)
	grouped = regexp.MustCompile(`by \(([^)]*)\)`)
)

// holds checks that a query asks for metrics and labels that there are.
func holds(t *testing.T, query string, metrics map[string][]string) {
	t.Helper()
	var labels []string
	for _, name := range named.FindAllString(query, -1) {
		require.Contains(t, metrics, name, "%s: docs/metrics.md has no such metric", query)
		labels = append(labels, metrics[name]...)
	}
	for _, m := range matched.FindAllStringSubmatch(query, -1) {
		for _, l := range matcher.FindAllStringSubmatch(m[2], -1) {
			require.Contains(t, metrics[m[1]], l[1], query)
		}
	}
	for _, m := range grouped.FindAllStringSubmatch(query, -1) {
		for l := range strings.SplitSeq(m[1], ",") {
			require.Contains(t, labels, strings.TrimSpace(l), query)
		}
	}
	for _, pair := range []string{"()", "[]", "{}"} {
		require.Equal(t, strings.Count(query, pair[:1]), strings.Count(query, pair[1:]), query)
	}
}

func TestDeployDashboardAsksForWhatThereIs(t *testing.T) {
	metrics := shown(t)
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(read(t, deploy+"grafana/threadhub.json")), &board))
	ids, places := map[int]bool{}, map[[2]int]bool{}
	for _, p := range board.Panels {
		require.False(t, ids[p.ID], "two panels have the id %d", p.ID)
		require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		require.False(t, places[[2]int{p.GridPos.X, p.GridPos.Y}], "%s lies on another", p.Title)
		ids[p.ID], places[[2]int{p.GridPos.X, p.GridPos.Y}] = true, true
		for _, target := range p.Targets {
			holds(t, target.Expr, metrics)
		}
	}
}

func TestDeployAlertsAskForWhatThereIsAndSayWhatToDo(t *testing.T) {
	metrics := shown(t)
	sections := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^##+ (.*)$`).FindAllStringSubmatch(read(t, "../../docs/operations.md"), -1) {
		anchor := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		sections["docs/operations.md#"+strings.ReplaceAll(anchor, " ", "-")] = true
	}
	rules := at(documents(t, deploy+"prometheus/alerts.yaml")[0], "groups", 0, "rules").([]any)
	names := map[any]bool{}
	for _, r := range rules {
		require.False(t, names[at(r, "alert")], "%v is there twice", at(r, "alert"))
		names[at(r, "alert")] = true
		holds(t, at(r, "expr").(string), metrics)
		require.Contains(t, []any{"critical", "warning"}, at(r, "labels", "severity"))
		require.True(t, sections[at(r, "annotations", "runbook").(string)], "%v", at(r, "annotations", "runbook"))
	}
	require.Equal(t, "/metrics", at(documents(t, deploy+"prometheus/scrape.yaml")[0], "scrape_configs", 0, "metrics_path"))
}

func TestDeployFilesAreAllLookedAtAndTold(t *testing.T) {
	page := read(t, deploy+"README.md")
	require.NoError(t, filepath.WalkDir(deploy, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(deploy, path)
		if err == nil && rel != "README.md" {
			require.Contains(t, page, strings.Split(filepath.ToSlash(rel), "/")[0])
		}
		return err
	}))
}
