package memory

import (
	"math"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// aggregate knows what counts and adds up: $match, $skip, $limit, and then
// $group by a field, or of everything, with $sum of a field or of a constant.
func (s *Server) aggregate(r request) (bson.D, error) {
	r.only("aggregate", "pipeline", "cursor")
	var filter bson.D
	var into *groups
	skip, limit := 0, math.MaxInt32
	for i, stage := range r.parts("pipeline") {
		a := r.part("pipeline", stage)
		name := ""
		if len(stage) == 1 && into == nil {
			name = stage[0].Key
		}
		switch {
		case name == "$match" && i == 0:
			filter = a.document("$match")
		case name == "$skip":
			skip = a.number("$skip", 0)
		case name == "$limit":
			limit = a.number("$limit", 0)
		case name == "$group":
			into = a.groups()
		default:
			a.fail(refuse(codeBadValue, "stage %d of the pipeline is not known here", i))
		}
		r.fail(a.err)
	}
	if into == nil {
		r.fail(refuse(codeBadValue, "a pipeline without $group is not known here"))
	}
	ns := r.namespace()
	if r.err != nil {
		return nil, r.err
	}
	err := s.matching(ns, filter, skip, limit, into.add)
	return reading(ns, 0, "firstBatch", into.documents()), err
}

// groups are the documents of a $group stage as they come about.
type groups struct {
	by   any
	sums bson.D // what is added up, by name
	rows []bson.D
	at   map[string]int // a row's place, by its group in BSON
}

func (a *arguments) groups() *groups {
	g := &groups{at: map[string]int{}}
	for _, e := range a.document("$group") {
		if e.Key == "_id" {
			g.by = e.Value
			continue
		}
		sum, ok := e.Value.(bson.D)
		if !ok || len(sum) != 1 || sum[0].Key != "$sum" {
			a.fail(refuse(codeBadValue, "a $group with anything but $sum is not known here"))
			continue
		}
		g.sums = append(g.sums, bson.E{Key: e.Key, Value: sum[0].Value})
	}
	for _, e := range append(bson.D{{Key: "_id", Value: g.by}}, g.sums...) {
		switch v := e.Value.(type) {
		case bson.D, bson.A:
			a.fail(refuse(codeBadValue, "an expression as %s of a $group is not known here", e.Key))
		case string:
			if e.Key != "_id" && !strings.HasPrefix(v, "$") || strings.HasPrefix(v, "$$") {
				a.fail(refuse(codeBadValue, "%q in a $group is not known here", v))
			}
		}
	}
	return g
}

// evaluate answers a constant, or the value of the field that "$path" names.
func evaluate(expression any, d bson.D) any {
	path, ok := expression.(string)
	if !ok || !strings.HasPrefix(path, "$") {
		return expression
	}
	v, _ := at(d, split(path[1:]))
	return v
}

func (g *groups) add(d bson.D) {
	id := evaluate(g.by, d)
	key, err := bson.Marshal(bson.D{{Key: "", Value: id}})
	if err != nil {
		panic(err)
	}
	i, there := g.at[string(key)]
	if !there {
		i = len(g.rows)
		g.at[string(key)] = i
		row := bson.D{{Key: "_id", Value: id}}
		for _, e := range g.sums {
			row = append(row, bson.E{Key: e.Key, Value: int32(0)})
		}
		g.rows = append(g.rows, row)
	}
	for n, e := range g.sums {
		if v := evaluate(e.Value, d); classOf(v) == classNumber {
			g.rows[i][n+1].Value = sum(g.rows[i][n+1].Value, v)
		}
	}
}

func (g *groups) documents() bson.A {
	out := bson.A{}
	for _, row := range g.rows {
		out = append(out, row)
	}
	return out
}
