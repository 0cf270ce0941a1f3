package console_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// message is a text, or one for each plural category.
type message struct {
	text  string
	forms map[string]string
}

func (m *message) UnmarshalJSON(raw []byte) error {
	if err := json.Unmarshal(raw, &m.text); err == nil {
		return nil
	}
	return json.Unmarshal(raw, &m.forms)
}

func catalogue(t *testing.T, language string) map[string]message {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("src", "i18n", language+".json"))
	require.NoError(t, err)
	var all map[string]message
	require.NoError(t, json.Unmarshal(raw, &all))
	return all
}

// holes are the names of the values that a text is filled with.
func holes(text string) []string {
	names := regexp.MustCompile(`\{\w+\}`).FindAllString(text, -1)
	slices.Sort(names)
	return slices.Compact(names)
}

func TestBothCataloguesHaveTheSameMessages(t *testing.T) {
	en, pt := catalogue(t, "en"), catalogue(t, "pt")
	require.Equal(t, slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(pt)))
	for key, m := range en {
		other := pt[key]
		if m.forms == nil {
			require.Nil(t, other.forms, key)
			require.NotEmpty(t, m.text, key)
			require.NotEmpty(t, other.text, key)
			require.Equal(t, holes(m.text), holes(other.text), key)
			continue
		}
		for language, forms := range map[string]map[string]string{"en": m.forms, "pt": other.forms} {
			// pt also has "many", for millions, which falls back to "other".
			require.NotEmpty(t, forms["one"], "%s of %s", key, language)
			require.NotEmpty(t, forms["other"], "%s of %s", key, language)
		}
		require.Equal(t, holes(m.forms["other"]), holes(other.forms["other"]), key)
	}
}

func TestEveryMessageIsUsed(t *testing.T) {
	var code strings.Builder
	err := filepath.WalkDir("src", func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".ts") && !strings.HasSuffix(name, ".tsx") {
			return err
		}
		content, err := os.ReadFile(name)
		code.Write(content)
		return err
	})
	require.NoError(t, err)
	text := code.String()
	for key := range catalogue(t, "en") {
		group, _, _ := strings.Cut(key, ".")
		used := strings.Contains(text, "'"+key+"'") || strings.Contains(text, "`"+group+".${") || strings.Contains(text, "`"+key[:strings.LastIndex(key, ".")]+".${")
		require.True(t, used, "%s is a message that nothing shows", key)
	}
}
