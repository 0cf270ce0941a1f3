package memory_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.uber.org/goleak"

	"threadhub/internal/mongo/mongotest/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database is one of a fresh server.
func database(t *testing.T) *driver.Database {
	t.Helper()
	s, err := memory.Start()
	require.NoError(t, err)
	t.Cleanup(s.Close)
	c, err := driver.Connect(options.Client().ApplyURI(s.URI()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Disconnect(context.Background())) })
	return c.Database("test")
}

// d reads a document from extended JSON.
func d(t *testing.T, text string) bson.D {
	t.Helper()
	var out bson.D
	require.NoError(t, bson.UnmarshalExtJSON([]byte(text), false, &out))
	return out
}

// json writes documents as extended JSON, one after the other.
func json(t *testing.T, docs []bson.D) []string {
	t.Helper()
	out := []string{}
	for _, doc := range docs {
		b, err := bson.MarshalExtJSON(doc, false, false)
		require.NoError(t, err)
		out = append(out, string(b))
	}
	return out
}

func all(t *testing.T, c *driver.Collection, filter string, o ...options.Lister[options.FindOptions]) []string {
	t.Helper()
	cur, err := c.Find(t.Context(), d(t, filter), o...)
	require.NoError(t, err)
	var docs []bson.D
	require.NoError(t, cur.All(t.Context(), &docs))
	return json(t, docs)
}

func fill(t *testing.T, c *driver.Collection, docs ...string) {
	t.Helper()
	for _, text := range docs {
		_, err := c.InsertOne(t.Context(), d(t, text))
		require.NoError(t, err)
	}
}

func TestFiltersFindWhatTheManualSays(t *testing.T) {
	c := database(t).Collection("things")
	fill(
		t, c,
		`{"_id":1,"n":5,"s":"b","in":{"a":1}}`,
		`{"_id":2,"n":{"$numberLong":"7"},"s":"a","list":[1,2]}`,
		`{"_id":3,"n":null,"list":[{"a":4},{"a":6}]}`,
		`{"_id":4,"s":"Abc","in":{"a":[3,9]}}`,
	)
	for _, x := range []struct {
		filter string
		want   []int32
	}{
		{`{}`, []int32{1, 2, 3, 4}},
		{`{"n":5}`, []int32{1}},
		{`{"n":7.0}`, []int32{2}},
		{`{"n":null}`, []int32{3, 4}},
		{`{"n":{"$exists":true}}`, []int32{1, 2, 3}},
		{`{"n":{"$exists":false}}`, []int32{4}},
		{`{"n":{"$ne":null}}`, []int32{1, 2}},
		{`{"n":{"$gt":5}}`, []int32{2}},
		{`{"n":{"$gte":5,"$lt":7}}`, []int32{1}},
		{`{"n":{"$lt":"x"}}`, nil},
		{`{"n":{"$in":[7,null]}}`, []int32{2, 3, 4}},
		{`{"n":{"$nin":[7,null]}}`, []int32{1}},
		{`{"list":2}`, []int32{2}},
		{`{"list":[1,2]}`, []int32{2}},
		{`{"list.a":6}`, []int32{3}},
		{`{"list.1.a":6}`, []int32{3}},
		{`{"list.a":{"$lt":5}}`, []int32{3}},
		{`{"in":{"a":1}}`, []int32{1}},
		{`{"in.a":{"$gt":2}}`, []int32{4}},
		{`{"in.a":{"$not":{"$gt":2}},"_id":{"$lte":2}}`, []int32{1, 2}},
		{`{"$or":[{"n":5},{"s":"a"}]}`, []int32{1, 2}},
		{`{"$and":[{"n":5},{"s":"a"}]}`, nil},
		{`{"$nor":[{"n":5},{"s":"a"}]}`, []int32{3, 4}},
		{`{"s":{"$regularExpression":{"pattern":"^a","options":"i"}}}`, []int32{2, 4}},
	} {
		t.Run(x.filter, func(t *testing.T) {
			cur, err := c.Find(t.Context(), d(t, x.filter), options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
			require.NoError(t, err)
			var rows []struct {
				ID int32 `bson:"_id"`
			}
			require.NoError(t, cur.All(t.Context(), &rows))
			var got []int32
			for _, r := range rows {
				got = append(got, r.ID)
			}
			require.Equal(t, x.want, got)
			n, err := c.CountDocuments(t.Context(), d(t, x.filter))
			require.NoError(t, err)
			require.EqualValues(t, len(x.want), n)
		})
	}
}

func TestUpdatesChangeWhatTheManualSays(t *testing.T) {
	for _, x := range []struct{ name, before, update, want string }{
		{"a field", `{"_id":1,"a":1}`, `{"$set":{"a":2,"b.c":3}}`, `{"_id":1,"a":2,"b":{"c":3}}`},
		{"an element", `{"_id":1,"a":[1,{"b":2}]}`, `{"$set":{"a.1.b":3,"a.0":0}}`, `{"_id":1,"a":[0,{"b":3}]}`},
		{"taken out", `{"_id":1,"a":1,"b":{"c":1,"d":2}}`, `{"$unset":{"a":"","b.c":"","x.y":""}}`, `{"_id":1,"b":{"d":2}}`},
		{"added up", `{"_id":1,"a":1}`, `{"$inc":{"a":2,"b":5}}`, `{"_id":1,"a":3,"b":5}`},
		{"at most", `{"_id":1,"a":1,"b":1}`, `{"$max":{"a":2},"$min":{"b":2}}`, `{"_id":1,"a":2,"b":1}`},
		{"not made", `{"_id":1}`, `{"$setOnInsert":{"a":2}}`, `{"_id":1}`},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := database(t).Collection("things")
			fill(t, c, x.before)
			res, err := c.UpdateOne(t.Context(), d(t, `{"_id":1}`), d(t, x.update))
			require.NoError(t, err)
			require.EqualValues(t, 1, res.MatchedCount)
			require.Equal(t, x.before != x.want, res.ModifiedCount == 1)
			require.Equal(t, []string{x.want}, all(t, c, `{}`))
		})
	}
}

// 1 and 1 as another type compare alike, and are not the same.
func TestAValueOfAnotherTypeIsAChange(t *testing.T) {
	c := database(t).Collection("things")
	_, err := c.InsertOne(t.Context(), bson.D{{Key: "_id", Value: 1}, {Key: "a", Value: int32(1)}})
	require.NoError(t, err)
	res, err := c.UpdateOne(t.Context(), d(t, `{"_id":1}`), bson.D{{Key: "$set", Value: bson.D{{Key: "a", Value: int64(1)}}}})
	require.NoError(t, err)
	require.EqualValues(t, 1, res.ModifiedCount)
	raw, err := c.FindOne(t.Context(), d(t, `{"a":1}`)).Raw()
	require.NoError(t, err)
	require.Equal(t, bson.TypeInt64, raw.Lookup("a").Type)
}

func TestWritesAnswerWhatTheyDid(t *testing.T) {
	c := database(t).Collection("things")
	ctx := t.Context()
	res, err := c.UpdateOne(ctx, d(t, `{"_id":"x","kind":"new"}`), d(t, `{"$setOnInsert":{"a":1},"$inc":{"n":1}}`), options.UpdateOne().SetUpsert(true))
	require.NoError(t, err)
	require.Equal(t, "x", res.UpsertedID)
	require.Equal(t, []string{`{"_id":"x","kind":"new","a":1,"n":1}`}, all(t, c, `{}`))

	replaced, err := c.ReplaceOne(ctx, d(t, `{"_id":"x"}`), d(t, `{"b":2}`))
	require.NoError(t, err)
	require.EqualValues(t, 1, replaced.ModifiedCount)
	require.Equal(t, []string{`{"_id":"x","b":2}`}, all(t, c, `{}`))

	fill(t, c, `{"_id":"y","b":2,"at":1}`, `{"_id":"z","b":2,"at":0}`)
	var was bson.D
	require.NoError(t, c.FindOneAndUpdate(ctx, d(t, `{"b":2,"at":{"$exists":true}}`), d(t, `{"$set":{"b":3}}`),
		options.FindOneAndUpdate().SetSort(d(t, `{"at":1}`))).Decode(&was))
	require.Equal(t, []string{`{"_id":"z","b":2,"at":0}`}, json(t, []bson.D{was}))
	require.ErrorIs(t, c.FindOneAndDelete(ctx, d(t, `{"b":9}`)).Err(), driver.ErrNoDocuments)

	gone, err := c.DeleteMany(ctx, d(t, `{"b":2}`))
	require.NoError(t, err)
	require.EqualValues(t, 2, gone.DeletedCount)
	require.Equal(t, []string{`{"_id":"z","b":3,"at":0}`}, all(t, c, `{}`))
}

func TestAFindHandsOutItsDocumentsInBatchesAndOnlyWhatIsAskedFor(t *testing.T) {
	c := database(t).Collection("things")
	var docs []bson.D
	for i := range 250 {
		docs = append(docs, bson.D{{Key: "_id", Value: i}, {Key: "n", Value: 250 - i}, {Key: "in", Value: bson.D{{Key: "a", Value: i}, {Key: "b", Value: i}}}})
	}
	_, err := c.InsertMany(t.Context(), docs)
	require.NoError(t, err)
	got := all(t, c, `{}`, options.Find().SetBatchSize(7).SetSort(d(t, `{"n":1}`)).SetSkip(10).SetLimit(100))
	require.Len(t, got, 100)
	require.JSONEq(t, `{"_id":239,"n":11,"in":{"a":239,"b":239}}`, got[0])
	require.Equal(t, []string{`{"_id":3,"in":{"a":3}}`}, all(t, c, `{"_id":3}`, options.Find().SetProjection(d(t, `{"in.a":1}`))))
	require.Equal(t, []string{`{"n":247,"in":{"b":3}}`}, all(t, c, `{"_id":3}`, options.Find().SetProjection(d(t, `{"in.a":0,"_id":0}`))))

	cur, err := c.Find(t.Context(), bson.D{}, options.Find().SetBatchSize(2))
	require.NoError(t, err)
	require.True(t, cur.Next(t.Context()))
	require.NoError(t, cur.Close(t.Context()))
}

func TestGroupsAreCountedAndAddedUp(t *testing.T) {
	c := database(t).Collection("things")
	fill(t, c, `{"_id":1,"k":"a","n":2}`, `{"_id":2,"k":"b","n":3}`, `{"_id":3,"k":"a"}`, `{"_id":4,"n":9}`)
	cur, err := c.Aggregate(t.Context(), bson.A{
		d(t, `{"$match":{"k":{"$exists":true}}}`), d(t, `{"$group":{"_id":"$k","n":{"$sum":"$n"},"all":{"$sum":1}}}`),
	})
	require.NoError(t, err)
	var rows []bson.D
	require.NoError(t, cur.All(t.Context(), &rows))
	require.ElementsMatch(t, []string{`{"_id":"a","n":2,"all":2}`, `{"_id":"b","n":3,"all":1}`}, json(t, rows))
}

// What is not known is refused: a test must not pass because something was
// passed over.
func TestWhatIsNotKnownIsRefused(t *testing.T) {
	db := database(t)
	fill(t, db.Collection("things"), `{"_id":1,"a":1}`)
	for _, command := range []string{
		`{"mapReduce":"things"}`,
		`{"find":"things","collation":{"locale":"pt"}}`,
		`{"find":"things","filter":{"$where":"true"}}`,
		`{"find":"things","filter":{"a":{"$bitsAllSet":1}}}`,
		`{"find":"things","filter":{"a":{"$gt":1,"$near":1}}}`,
		`{"find":"things","projection":{"a":{"$slice":1}}}`,
		`{"find":"things","projection":{"a":1,"b":0}}`,
		`{"find":"things","sort":{"a":{"$meta":"textScore"}}}`,
		`{"aggregate":"things","pipeline":[{"$lookup":{}}],"cursor":{}}`,
		`{"aggregate":"things","pipeline":[{"$group":{"_id":null,"n":{"$avg":"$a"}}}],"cursor":{}}`,
		`{"aggregate":"things","pipeline":[{"$match":{}}],"cursor":{}}`,
		`{"findAndModify":"things","query":{},"update":{"$set":{"a":1}},"arrayFilters":[]}`,
		`{"createIndexes":"things","indexes":[{"key":{"a":"text"},"name":"a"}]}`,
		`{"createIndexes":"things","indexes":[{"key":{"a":1},"name":"a","expireAfterSeconds":1}]}`,
		`{"insert":"things","documents":[{"_id":2}],"txnNumber":1}`,
	} {
		require.Error(t, db.RunCommand(t.Context(), d(t, command)).Err(), command)
	}
	for _, update := range []string{`{"$push":{"a":1}}`, `{"$set":{"a.b":1}}`, `{"$set":{"_id":2}}`, `{"$inc":{"a":"x"}}`, `{"$set":{"a.$":1}}`} {
		_, err := db.Collection("things").UpdateOne(t.Context(), d(t, `{"_id":1}`), d(t, update))
		require.Error(t, err, update)
	}
	require.Equal(t, []string{`{"_id":1,"a":1}`}, all(t, db.Collection("things"), `{}`))
}

func TestIndexesAreListedAndKeepWhatIsUnique(t *testing.T) {
	c := database(t).Collection("things")
	ctx := t.Context()
	fill(t, c, `{"_id":1,"a":1,"b":1}`, `{"_id":2,"a":1,"b":2}`)
	unique := func(keys string) error {
		_, err := c.Indexes().CreateOne(ctx, driver.IndexModel{Keys: d(t, keys), Options: options.Index().SetUnique(true).SetSparse(true)})
		return err
	}
	require.True(t, driver.IsDuplicateKeyError(unique(`{"a":1}`)), "of what is there")
	require.NoError(t, unique(`{"b":1,"a":-1}`))
	require.NoError(t, unique(`{"b":1,"a":-1}`), "again")
	list, err := c.Indexes().ListSpecifications(ctx)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "b_1_a_-1", list[1].Name)

	_, err = c.InsertOne(ctx, d(t, `{"_id":3,"a":1,"b":2}`))
	require.True(t, driver.IsDuplicateKeyError(err))
	_, err = c.UpdateOne(ctx, d(t, `{"_id":1}`), d(t, `{"$set":{"b":2}}`))
	require.True(t, driver.IsDuplicateKeyError(err))
	require.Len(t, all(t, c, `{"b":2}`), 1, "nothing of it was done")
	fill(t, c, `{"_id":4}`, `{"_id":5}`)
	_, err = c.InsertMany(ctx, []bson.D{d(t, `{"_id":4}`), d(t, `{"_id":6}`), d(t, `{"_id":5}`)}, options.InsertMany().SetOrdered(false))
	var bulk driver.BulkWriteException
	require.ErrorAs(t, err, &bulk)
	require.Len(t, bulk.WriteErrors, 2)
	require.Len(t, all(t, c, `{"_id":6}`), 1, "an unordered bulk goes on")
}

func TestOfFiftyWithOneUniqueValueOneIsStored(t *testing.T) {
	c := database(t).Collection("things")
	_, err := c.Indexes().CreateOne(t.Context(), driver.IndexModel{Keys: d(t, `{"slot":1}`), Options: options.Index().SetUnique(true)})
	require.NoError(t, err)
	var crowd sync.WaitGroup
	errs := make([]error, 50)
	for i := range errs {
		crowd.Go(func() {
			_, errs[i] = c.InsertOne(t.Context(), bson.D{{Key: "_id", Value: i}, {Key: "slot", Value: "one"}})
		})
	}
	crowd.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.True(t, driver.IsDuplicateKeyError(err), err)
	}
	require.Equal(t, 1, won)
	require.Len(t, all(t, c, `{}`), 1)
}

func TestNoChangeOfADocumentIsLost(t *testing.T) {
	c := database(t).Collection("things")
	fill(t, c, `{"_id":1,"n":0}`)
	var crowd sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		crowd.Go(func() {
			for range 20 {
				_, err := c.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: 1}}, bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}})
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	crowd.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, []string{`{"_id":1,"n":400}`}, all(t, c, `{}`))
}

// A store must not rely on more than a real server gives: a change of many
// documents can be seen half done.
func TestAChangeOfManyIsSeenHalfDone(t *testing.T) {
	c := database(t).Collection("things")
	var docs []bson.D
	for i := range 500 {
		docs = append(docs, bson.D{{Key: "_id", Value: i}, {Key: "n", Value: 0}})
	}
	_, err := c.InsertMany(t.Context(), docs)
	require.NoError(t, err)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var changing sync.WaitGroup
	halves := make(chan struct{})
	changing.Go(func() {
		for {
			select {
			case <-halves:
				return
			case <-ctx.Done():
				return
			default:
				_, _ = c.UpdateMany(ctx, bson.D{}, bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}})
			}
		}
	})
	half := func() bool {
		cur, err := c.Find(ctx, bson.D{})
		require.NoError(t, err)
		var rows []struct{ N int }
		require.NoError(t, cur.All(ctx, &rows))
		seen := map[int]bool{}
		for _, r := range rows {
			seen[r.N] = true
		}
		return len(seen) > 1
	}
	for !half() {
	}
	close(halves)
	changing.Wait()
}
