package main

import (
	"bytes"
	"encoding/json"
	"os"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestABillListsWhatAProgramIsMadeOf(t *testing.T) {
	program, err := os.Executable() // the test itself was built by Go
	require.NoError(t, err)
	var first, second bytes.Buffer
	require.NoError(t, run([]string{program, "v1.2.3"}, &first))
	require.NoError(t, run([]string{program, "v1.2.3"}, &second))
	require.Equal(t, first.String(), second.String(), "the same program has the same bill")
	var b bill
	require.NoError(t, json.Unmarshal(first.Bytes(), &b))
	require.Equal(t, "CycloneDX", b.Format)
	require.Equal(t, "v1.2.3", b.Metadata.Component.Version)
	require.Len(t, b.Metadata.Component.Hashes[0].Content, 64)
	names := map[string]bool{}
	for _, c := range b.Components {
		names[c.Name] = true
	}
	require.True(t, names["std"])
	require.Len(t, b.Dependencies[0].DependsOn, len(b.Components))
}

func TestAModuleThatIsReplacedIsListedAsWhatReplacesIt(t *testing.T) {
	b := billOf(&debug.BuildInfo{GoVersion: "go1.26.1", Main: debug.Module{Path: "threadhub"}, Deps: []*debug.Module{
		{Path: "example.org/a", Version: "v1.0.0", Sum: "h1:x", Replace: &debug.Module{Path: "example.org/b", Version: "v2.0.0+incompatible"}},
	}}, "v1")
	require.Equal(t, "pkg:golang/example.org/b@v2.0.0+incompatible", b.Components[1].URL)
	require.Equal(t, "1.26.1", b.Components[0].Version)
}

func TestWhatIsNoProgramIsRefused(t *testing.T) {
	require.Error(t, run([]string{"main.go", "v1"}, &bytes.Buffer{}))
	require.Error(t, run(nil, &bytes.Buffer{}))
}
