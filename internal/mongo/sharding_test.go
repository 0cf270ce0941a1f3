package mongo

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// hashed stands for a shard key of hashed _id.
const hashed = "hashed _id"

// shardKeys are those of docs/scaling.md. What is not there is small, and stays
// on one shard.
var shardKeys = map[string][]string{
	"conversations":     {"slot"},
	"messages":          {"doc.channel_id", "doc.key"},
	"contacts":          {hashed},
	"identities":        {hashed},
	"transitions":       {"doc.conversation_id"},
	"rule_runs":         {"doc.conversation_id"},
	"routing_decisions": {"doc.conversation_id"},
	"deliveries":        {"lane"},
	"lanes":             {hashed},
	"parked":            {"doc.channel_id", "doc.target"},
	"journal":           {hashed},
	"quarantine":        {hashed},
	"spool_intents":     {"lane"},
	"spool_events":      {"lane"},
	"requests":          {hashed},
}

// A sharded collection keeps a unique index only if it begins with the shard
// key, and unique indexes are what the store's promises rest on.
func TestShardKeysFitTheUniqueIndexes(t *testing.T) {
	whole := []string{"records", "spool_lanes"}
	for _, c := range indexes() {
		key, sharded := shardKeys[c.Collection]
		if !sharded {
			require.Contains(t, whole, c.Collection, "say in docs/scaling.md how it is spread, or that it is not")
			continue
		}
		for _, ix := range c.Indexes {
			if ix.Unique {
				require.NotEqual(t, []string{hashed}, key, c.Collection)
				require.True(t, len(ix.Fields) >= len(key) && slices.Equal(ix.Fields[:len(key)], key), "%s: unique %v does not begin with %v", c.Collection, ix.Fields, key)
			}
		}
	}
}
