package threads

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/normalize"
)

// A field that could be changed through a copy is easily added and forgotten.
func TestAClonedConversationSharesNothing(t *testing.T) {
	full := Conversation{
		Tags: []string{"a"}, Passes: []Pass{{Agent: "ag_1"}}, LastMessage: &Preview{Text: "hello"}, Window: &normalize.Window{After: []normalize.MessageType{normalize.TypeTemplate}},
		ReplyContext: map[string]string{"k": "v"},
		Contact:      ContactBrief{Aliases: []normalize.PeerID{"p"}},
		Rules:        RuleMarks{Fired: map[string]int64{"r": 1}},
	}
	clone := full.Clone()
	require.Equal(t, full, clone)
	requireApart(t, "Conversation", reflect.ValueOf(full), reflect.ValueOf(clone))
}

func requireApart(t *testing.T, path string, a, b reflect.Value) {
	t.Helper()
	switch a.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if a.Type() == reflect.TypeFor[*time.Location]() {
			return // never changed
		}
		require.False(t, a.IsNil(), "%s is new: fill it in this test and copy it in Clone", path)
		require.NotEqual(t, a.Pointer(), b.Pointer(), "%s is shared: copy it in Clone", path)
		if a.Kind() == reflect.Pointer {
			requireApart(t, path, a.Elem(), b.Elem())
		}
	case reflect.Struct:
		for i := range a.NumField() {
			requireApart(t, path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	}
}
