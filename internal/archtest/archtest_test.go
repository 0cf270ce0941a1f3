package archtest

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// checks are all there are, by the name they fail under.
var checks = map[string]func(*tree) []string{
	"imports keep to the table":             importTable,
	"libraries stay where they belong":      libraryUse,
	"pure packages are pure":                purity,
	"only egress calls out":                 callsOut,
	"packages have a comment":               packageComments,
	"exported names have a comment":         documentation,
	"packages and files have telling names": names,
	"files have one subject":                lengths,
	"importing does nothing":                noInit,
	"no file holds a forbidden word":        words,
	"proofs are compared in constant time":  proofs,
}

func TestTheTreeKeepsItsRules(t *testing.T) {
	t.Parallel()
	tree, err := read(os.DirFS("../.."))
	require.NoError(t, err)
	require.NotEmpty(t, tree.files)
	for name, check := range checks {
		t.Run(name, func(t *testing.T) {
			for _, wrong := range check(tree) {
				t.Error(wrong)
			}
		})
	}
}

func TestEachCheckFindsWhatItIsFor(t *testing.T) {
	cases := map[string]struct {
		check   func(*tree) []string
		file    string
		content string
		says    string // "": nothing is wrong
	}{
		"a proof compared in haste":         {proofs, "connectors/line/verify.go", "package line; func f() { hmac.Equal(a, b); bytes.Equal(a, b) }", "stops at the first difference"},
		"a proof that is not compared":      {proofs, "connectors/line/verify.go", "package line; func f() bool { return a == b }", "without comparing"},
		"a proof compared in constant time": {proofs, "connectors/line/verify.go", "package line; func f() bool { return s.secret.Equal(b) }", ""},
		"a package without a line":          {importTable, "internal/novel/a.go", "package novel", "no line in the import table"},
		"an import the table lacks":         {importTable, "normalize/a.go", `package normalize; import _ "threadhub/threads"`, "must not import threads"},
		"an import the table has":           {importTable, "threads/a.go", `package threads; import _ "threadhub/normalize"`, ""},
		"a connector that knows another":    {importTable, "connectors/line/a.go", `package line; import _ "threadhub/connectors/viber"`, "must not import"},
		"the list of connectors":            {importTable, "connectors/all/a.go", `package all; import _ "threadhub/connectors/viber"`, ""},
		"threads that know a connector":     {importTable, "threads/a_test.go", `package threads; import _ "threadhub/connectors"`, "must not import"},
		"a handler that knows a store":      {importTable, "internal/httpapi/a.go", `package httpapi; import _ "threadhub/internal/sqlite"`, "must not import"},
		"its test, which may":               {importTable, "internal/httpapi/a_test.go", `package httpapi; import _ "threadhub/internal/sqlite"`, ""},
		"its test on the other store":       {importTable, "internal/httpapi/a_test.go", `package httpapi; import _ "threadhub/internal/mongo"`, "must not import"},
		"a command that knows the app":      {importTable, "cmd/threadhub/a.go", `package main; import _ "threadhub/internal/app"`, ""},
		"another that knows the app":        {importTable, "cmd/bench/a.go", `package main; import _ "threadhub/internal/app"`, "must not import"},
		"the app that knows a command":      {importTable, "internal/app/a.go", `package app; import _ "threadhub/cmd/bench"`, "never meet"},
		"a test of the package itself":      {importTable, "threads/a_test.go", `package threads_test; import _ "threadhub/threads"`, ""},
		"a library out of its place":        {libraryUse, "threads/a.go", `package threads; import _ "modernc.org/sqlite/lib"`, "belongs to [internal/sqlite]"},
		"a library in its place":            {libraryUse, "internal/sqlite/a.go", `package sqlite; import _ "modernc.org/sqlite"`, ""},
		"a test with any library":           {libraryUse, "threads/a_test.go", `package threads; import _ "modernc.org/sqlite"`, ""},
		"a connector that reads files":      {purity, "connectors/line/a.go", `package line; import _ "os"`, "does no I/O"},
		"a connector with a library":        {purity, "connectors/line/a.go", `package line; import _ "example.com/line"`, "must not use"},
		"a connector that reads the clock":  {purity, "connectors/line/a.go", `package line; import "time"; var t = time.Now()`, "reads no clock"},
		"a connector that knows durations":  {purity, "connectors/line/a.go", `package line; import "time"; var t = time.Second`, ""},
		"a renamed clock":                   {purity, "normalize/a.go", `package normalize; import watch "time"; var t = watch.Now()`, "reads no clock"},
		"a call past egress":                {callsOut, "workers/a.go", `package workers; import "net/http"; var c http.Client`, "only internal/egress"},
		"a default call past egress":        {callsOut, "internal/app/a.go", `package app; import "net/http"; var r, _ = http.Get("x")`, "only internal/egress"},
		"a connection past egress":          {callsOut, "internal/bus/a.go", `package bus; import "net"; var c, _ = net.Dial("tcp", "x")`, "only internal/egress"},
		"a call of egress":                  {callsOut, "internal/egress/a.go", `package egress; import "net/http"; var c http.Client`, ""},
		"a server":                          {callsOut, "internal/app/a.go", `package app; import "net/http"; var s http.Server`, ""},
		"a package without a comment":       {packageComments, "threads/a.go", "package threads", "no comment"},
		"a package with one":                {packageComments, "threads/a.go", "// Package threads threads.\npackage threads", ""},
		"an exported function":              {documentation, "threads/a.go", "package threads; func Run() {}", "Run is exported"},
		"a method others can call":          {documentation, "threads/a.go", "package threads; type T struct{}; func (*T) Run() {}", "Run is exported"},
		"a method they cannot":              {documentation, "threads/a.go", "package threads; type t struct{}; func (t) Run() {}", ""},
		"an exported constant":              {documentation, "threads/a.go", "package threads; const Run = 1", "Run is exported"},
		"a commented one":                   {documentation, "threads/a.go", "package threads\n\n// Run runs.\nfunc Run() {}", ""},
		"generated names":                   {documentation, "threads/a.go", "// Code generated by hand. DO NOT EDIT.\n\npackage threads; func Run() {}", ""},
		"a package called util":             {names, "internal/util/a.go", "package util", `"util"`},
		"a file called types":               {names, "threads/types.go", "package threads", `"types"`},
		"a file called style":               {names, "threads/style.go", "package threads", ""},
		"a long file":                       {lengths, "threads/a.go", "package threads" + strings.Repeat("\n", 501), "more than 500"},
		"a long generated file":             {lengths, "threads/a.go", "// Code generated by hand. DO NOT EDIT.\n\npackage threads" + strings.Repeat("\n", 501), ""},
		"work done on import":               {noInit, "threads/a.go", "package threads; func init() {}", "no init"},
		"a method called init":              {noInit, "threads/a.go", "package threads; type t int; func (t) init() {}", ""},
		"a path of a machine":               {words, "docs/a.md", "see /" + "root/x", "docs/a.md:1"},
		"unfinished work":                   {words, "web/a.ts", "\n// TO" + "DO: more", "web/a.ts:2"},
		"a word in a nested module":         {words, "tools/a.go", "package tools // FIX" + "ME", "tools/a.go:1"},
		"a nested module's imports":         {importTable, "tools/a.go", `package tools; import _ "threadhub/threads"`, ""},
		"sources that are test data":        {importTable, "threads/testdata/a.go", `package a`, ""},
		"a word in what is only built here": {words, "bin/a.txt", "/" + "root/x", ""},
		"a word in a picture":               {words, "docs/a.png", "\x00/" + "root/x", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			root := fstest.MapFS{
				"go.mod":       {Data: []byte("module threadhub")},
				"tools/go.mod": {Data: []byte("module threadhub/tools")},
				c.file:         {Data: []byte(c.content)},
			}
			tree, err := read(root)
			require.NoError(t, err)
			wrong := c.check(tree)
			if c.says == "" {
				require.Empty(t, wrong)
				return
			}
			require.NotEmpty(t, wrong)
			require.Contains(t, strings.Join(wrong, "\n"), c.says)
		})
	}
}

func TestASourceThatCannotBeParsedIsReported(t *testing.T) {
	_, err := read(fstest.MapFS{"a.go": {Data: []byte("not Go")}})
	require.ErrorContains(t, err, "a.go")
}
