package memory

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"
)

// drawValue is a value as documents and filters have them, of few kinds so that
// they meet.
func drawValue() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		n := rapid.IntRange(0, 3).Draw(t, "n")
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return fmt.Sprint(n)
		case 2:
			return float64(n)
		case 3:
			return bson.D{{Key: "x", Value: int32(n)}}
		}
		return int32(n)
	})
}

func drawDocument(id int) *rapid.Generator[bson.D] {
	return rapid.Custom(func(t *rapid.T) bson.D {
		d := bson.D{{Key: "_id", Value: int32(id)}}
		for _, f := range []string{"a", "b", "c"} {
			switch rapid.IntRange(0, 5).Draw(t, f) {
			case 0:
			case 1:
				d = append(d, bson.E{Key: f, Value: bson.A(rapid.SliceOfN(drawValue(), 0, 2).Draw(t, f))})
			default:
				d = append(d, bson.E{Key: f, Value: drawValue().Draw(t, f)})
			}
		}
		return d
	})
}

// drawFilter draws conditions of fields, perhaps with an $or beside them.
func drawFilter() *rapid.Generator[bson.D] {
	return rapid.Custom(func(t *rapid.T) bson.D {
		d := drawConditions().Draw(t, "conditions")
		if rapid.Bool().Draw(t, "with $or") {
			parts := bson.A{}
			for range rapid.IntRange(1, 3).Draw(t, "parts") {
				parts = append(parts, drawConditions().Draw(t, "part"))
			}
			d = append(d, bson.E{Key: "$or", Value: parts})
		}
		return d
	})
}

func drawConditions() *rapid.Generator[bson.D] {
	return rapid.Custom(func(t *rapid.T) bson.D {
		d := bson.D{}
		for _, f := range []string{"a", "b", "_id"} {
			switch rapid.IntRange(0, 5).Draw(t, f) {
			case 0, 1:
				d = append(d, bson.E{Key: f, Value: drawValue().Draw(t, f)})
			case 2:
				op := rapid.SampledFrom([]string{"$gt", "$gte", "$lt", "$lte", "$ne"}).Draw(t, "op")
				d = append(d, bson.E{Key: f, Value: bson.D{{Key: op, Value: drawValue().Draw(t, f)}}})
			case 3:
				list := bson.A(rapid.SliceOfN(drawValue(), 0, 3).Draw(t, f))
				d = append(d, bson.E{Key: f, Value: bson.D{{Key: "$in", Value: list}}})
			}
		}
		return d
	})
}

// Whatever indexes there are, a find answers what a look at every document does,
// in the order asked for, and changes keep it so.
func TestIndexesChangeNoAnswer(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newCollection()
		for i, spec := range []bson.D{
			{{Key: "a", Value: int32(1)}},
			{{Key: "b", Value: int32(-1)}, {Key: "_id", Value: int32(1)}},
			{{Key: "a", Value: int32(1)}, {Key: "c", Value: int32(-1)}},
			{{Key: "c", Value: int32(1)}},
		} {
			if !rapid.Bool().Draw(rt, "with index") {
				continue
			}
			ix, err := newIndex(fmt.Sprint(i), spec, false, i%2 == 1)
			require.NoError(rt, err)
			require.NoError(rt, c.build(ix))
		}
		docs := map[int32]bson.D{}
		for i := range rapid.IntRange(0, 12).Draw(rt, "documents") {
			d := drawDocument(i).Draw(rt, "document")
			if err := c.insert(d); err == nil { // two arrays in one index are refused
				docs[int32(i)] = d
			}
		}
		if len(docs) > 0 && rapid.Bool().Draw(rt, "changed") {
			change, err := newChange(bson.D{{Key: "$set", Value: bson.D{{Key: "b", Value: drawValue().Draw(rt, "b")}}}})
			require.NoError(rt, err)
			_, err = c.update(bson.D{{Key: "_id", Value: bson.D{{Key: "$lt", Value: int32(6)}}}}, change, true, false)
			require.NoError(rt, err)
			for id, d := range docs {
				if id < 6 {
					docs[id], err = change(d, false)
					require.NoError(rt, err)
				}
			}
		}
		q := query{filter: drawFilter().Draw(rt, "filter"), sort: bson.D{
			{Key: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "by"), Value: rapid.SampledFrom([]int32{1, -1}).Draw(rt, "direction")},
			{Key: "_id", Value: int32(1)},
		}}
		require.Equal(rt, plainly(rt, docs, q), ids(rt, c, q))
	})
}

// An $or is looked up part by part where an index leads to each, as a real
// server does, and otherwise in one go.
func TestEachPartOfAnOrGoesByItsIndex(t *testing.T) {
	lane, err := newIndex("lane", bson.D{{Key: "lane", Value: int32(1)}, {Key: "_id", Value: int32(1)}}, false, false)
	require.NoError(t, err)
	id, err := newIndex("_id_", bson.D{{Key: "_id", Value: int32(1)}}, true, false)
	require.NoError(t, err)
	head := func(lane, id string) bson.D {
		return bson.D{{Key: "lane", Value: lane}, {Key: "_id", Value: bson.D{{Key: "$lte", Value: id}}}}
	}
	byID := bson.D{{Key: "_id", Value: int32(1)}}
	for _, tt := range []struct {
		parts bson.A
		by    []*index
	}{
		{bson.A{head("a", "1"), head("b", "2")}, []*index{lane, lane}},
		{bson.A{head("a", "1"), bson.D{{Key: "_id", Value: "2"}}}, []*index{lane, id}},
		{bson.A{head("a", "1"), bson.D{{Key: "other", Value: "2"}}}, []*index{id}},
	} {
		f, err := newFilter(bson.D{{Key: "$or", Value: tt.parts}})
		require.NoError(t, err)
		p := choose([]*index{id, lane}, f, byID)
		var by []*index
		for _, s := range p.spans {
			by = append(by, s.ix)
		}
		require.Equal(t, len(tt.by), len(by))
		for i := range by {
			require.Same(t, tt.by[i], by[i], "%v: part %d by %s", tt.parts, i, by[i].name)
		}
	}
}

func plainly(t *rapid.T, docs map[int32]bson.D, q query) []int32 {
	f, err := newFilter(q.filter)
	require.NoError(t, err)
	list := []found{}
	for _, d := range docs {
		if f.test(d) {
			list = append(list, found{doc: d})
		}
	}
	inOrder(list, q.sort)
	out := []int32{}
	for _, x := range list {
		out = append(out, get(x.doc, "_id").(int32))
	}
	return out
}

func ids(t *rapid.T, c *collection, q query) []int32 {
	r, err := c.run("db.things", q)
	require.NoError(t, err)
	out := []int32{}
	for ended := false; !ended; {
		var batch bson.A
		batch, ended = r.batch(3)
		for _, raw := range batch {
			out = append(out, raw.(bson.Raw).Lookup("_id").Int32())
		}
	}
	return out
}

func TestValuesOfDifferentTypesHaveAnOrder(t *testing.T) {
	order := []any{
		bson.MinKey{},
		nil, int32(-1), 0.5, int64(1), "", "a",
		bson.D{},
		bson.D{{Key: "a", Value: int32(1)}},
		bson.A{},
		bson.A{int32(1)},
		bson.Binary{},
		bson.ObjectID{},
		false, true, bson.DateTime(1),
		bson.Timestamp{T: 1},
		bson.Regex{Pattern: "a"},
		bson.MaxKey{},
	}
	shuffled := slices.Clone(order)
	slices.Reverse(shuffled)
	slices.SortFunc(shuffled, compare)
	require.Equal(t, order, shuffled)
}

func FuzzReadMessage(f *testing.F) {
	for _, m := range []message{{op: opMsg}, {op: opQuery}} {
		b, err := m.answer(bson.D{{Key: "hello", Value: int32(1)}})
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add([]byte{20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xdd, 7, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readMessage(bytes.NewReader(b))
		if err == nil {
			require.NotEmpty(t, m.command)
		}
	})
}
