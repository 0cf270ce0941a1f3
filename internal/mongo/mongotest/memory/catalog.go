package memory

import (
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// catalog holds the collections of all databases.
type catalog struct {
	mu          sync.RWMutex
	collections map[string]*collection // by "database.collection"
}

// there answers a collection, nil if it was never made.
func (c *catalog) there(namespace string) *collection {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.collections[namespace]
}

// made answers a collection and makes it if need be.
func (c *catalog) made(namespace string) *collection {
	if found := c.there(namespace); found != nil {
		return found
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.collections[namespace] == nil {
		c.collections[namespace] = newCollection()
	}
	return c.collections[namespace]
}

// drop takes a collection away; false when it is not there.
func (c *catalog) drop(namespace string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, there := c.collections[namespace]
	delete(c.collections, namespace)
	return there
}

// dropAll takes a database away.
func (c *catalog) dropAll(database string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range c.collections {
		if strings.HasPrefix(name, database+".") {
			delete(c.collections, name)
		}
	}
}

// names lists the collections of a database.
func (c *catalog) names(database string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []string
	for name := range c.collections {
		if rest, ok := strings.CutPrefix(name, database+"."); ok {
			out = append(out, rest)
		}
	}
	slices.Sort(out)
	return out
}

// describe is an index as listIndexes shows it.
func (ix *index) describe() bson.D {
	d := bson.D{{Key: "v", Value: int32(2)}, {Key: "key", Value: ix.spec}, {Key: "name", Value: ix.name}}
	if ix.unique && ix.name != "_id_" {
		d = append(d, bson.E{Key: "unique", Value: true})
	}
	if ix.sparse {
		d = append(d, bson.E{Key: "sparse", Value: true})
	}
	return d
}
