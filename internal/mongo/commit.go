package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/internal/crashpoint"
	"threadhub/threads"
)

// Commit is threads.Store.Commit. However many changes there are, it takes one
// find for messages already stored, unless the caller has looked, one update for
// the conversations that exist, one insert for the new ones, one insert per
// collection that gets rows, and one update to clear those from the
// conversations that may not linger there.
func (s *Store) Commit(ctx context.Context, changes []threads.Change) []error {
	b := &batch{
		s: s, changes: changes, token: bson.NewObjectID(),
		errs: make([]error, len(changes)),
	}
	for _, step := range []func(context.Context){
		b.refuseSeen, b.takeSeats, b.update, b.insert, b.writeOut,
	} {
		if len(b.alive()) > 0 {
			step(ctx)
		}
	}
	for i, err := range b.errs {
		if err != nil {
			b.errs[i] = fmt.Errorf("mongo: commit %s: %w", changes[i].Conversation.ID, err)
		}
	}
	return b.errs
}

// batch is a group of changes on its way. A change with an error is out of it.
type batch struct {
	s       *Store
	changes []threads.Change
	errs    []error
	token   bson.ObjectID // tells this batch's writes from everybody else's
}

// alive lists the changes that have not failed.
func (b *batch) alive() []int {
	var out []int
	for i, err := range b.errs {
		if err == nil {
			out = append(out, i)
		}
	}
	return out
}

// fail takes changes out of the batch.
func (b *batch) fail(err error, changes ...int) {
	for _, i := range changes {
		b.errs[i] = err
	}
}

// refuseSeen takes out changes with a message that is already stored. Of two
// that come past here at once the unique index lets one in. Where the caller has
// looked (threads.Change.Unseen), whatever was stored since in the conversation
// fails the compare-and-set.
func (b *batch) refuseSeen(ctx context.Context) {
	keys := map[threads.ChannelID][]threads.MessageKey{}
	for _, i := range b.alive() {
		if b.changes[i].Unseen {
			continue
		}
		for _, m := range b.changes[i].Messages {
			keys[m.ChannelID] = append(keys[m.ChannelID], m.Key)
		}
	}
	if len(keys) == 0 {
		return
	}
	anyOf := bson.A{}
	for channel, list := range keys {
		anyOf = append(anyOf, keysOf(channel, list))
	}
	rows, err := find[messageRow](ctx, b.s.messages, by("$or", anyOf), only("doc.channel_id", "doc.key"))
	if err != nil {
		b.fail(err, b.alive()...)
		return
	}
	type key struct {
		channel threads.ChannelID
		key     threads.MessageKey
	}
	seen := make(map[key]bool, len(rows))
	for _, r := range rows {
		seen[key{r.Doc.ChannelID, r.Doc.Key}] = true
	}
	for _, i := range b.alive() {
		for _, m := range b.changes[i].Messages {
			if seen[key{m.ChannelID, m.Key}] {
				b.fail(threads.ErrSeen, i)
			}
		}
	}
}

// swap is a compare-and-set on a conversation, for the sake of a change.
type swap struct {
	change int
	// previous: it is the change's predecessor that is set, not the
	// conversation itself.
	previous bool
	id       threads.ConversationID
	version  int64 // the new one
}

// update carries out the compare-and-sets: on conversations that exist, and on
// the predecessors of those that are to be made.
func (b *batch) update(ctx context.Context) {
	var swaps []swap
	var models []mongo.WriteModel
	for _, i := range b.alive() {
		c := b.changes[i]
		if c.Expected > 0 {
			swaps = append(swaps, swap{change: i, id: c.Conversation.ID, version: c.Conversation.Version})
			models = append(models, b.setConversation(c))
		}
		if c.Previous != nil {
			swaps = append(swaps, swap{change: i, previous: true, id: c.Previous.ID, version: c.Previous.Version})
			models = append(models, b.setPrevious(c))
		}
	}
	if len(models) == 0 {
		return
	}
	res, err := b.s.conversations.BulkWrite(ctx, models, unordered())
	crashpoint.At(crashpoint.Swapped)
	single, whole := writeErrors(err)
	switch {
	case whole != nil:
		for _, sw := range swaps {
			b.fail(whole, sw.change)
		}
	case len(single) > 0 || res.MatchedCount != int64(len(models)):
		b.findLost(ctx, swaps)
		for n, e := range single {
			b.fail(lostOr(e), swaps[n].change)
		}
	}
}

func (b *batch) setConversation(c threads.Change) mongo.WriteModel {
	fields := bson.D{
		{Key: "doc", Value: c.Conversation},
		{Key: "live", Value: liveKey(c.Conversation)},
		{Key: "wake_at", Value: c.Conversation.State.WakeAt()},
		{Key: "load", Value: c.Conversation.State.Load()},
		{Key: tokenField(c.Conversation.Version), Value: b.token},
		{Key: "unsettled_at", Value: commitTime(c.Conversation)},
	}
	if p := pendingOf(c); !p.empty() {
		fields = append(fields, bson.E{Key: pendingField(p.Version), Value: p})
	}
	figures, solved := figuresOf(c.Conversation)
	fields = append(fields, bson.E{Key: "figures", Value: figures})
	alarm, none := ruleAlarm(c.RuleAlarm)
	fields = append(fields, alarm...)
	placed, gone := placeOf(c)
	fields, none = append(fields, placed...), append(none, gone...)
	if holds, places := holdsOf(c.Conversation); holds != "" {
		fields = append(fields, bson.E{Key: "holds", Value: holds}, bson.E{Key: "holds_places", Value: places})
	} else {
		none = append(none, bson.E{Key: "holds", Value: ""}, bson.E{Key: "holds_places", Value: ""})
	}
	if solved != nil {
		fields = append(fields, bson.E{Key: "solved", Value: solved})
	} else {
		none = append(none, bson.E{Key: "solved", Value: ""})
	}
	fields, none = setSpent(c.Conversation, fields, none)
	update := set(fields)
	if len(none) > 0 {
		update = append(update, bson.E{Key: "$unset", Value: none})
	}
	return mongo.NewUpdateOneModel().
		SetFilter(append(versioned(string(c.Conversation.ID), c.Expected), bson.E{Key: "slot", Value: slotKey(c.Conversation.Slot())})).
		SetUpdate(update)
}

// setPrevious gives the predecessor its successor, unless it has another.
func (b *batch) setPrevious(c threads.Change) mongo.WriteModel {
	filter := append(versioned(string(c.Previous.ID), c.Previous.Version-1),
		bson.E{Key: "slot", Value: slotKey(c.Previous.Slot())},
		bson.E{Key: "doc.state.successor", Value: op("$in", bson.A{nil, c.Conversation.ID})})
	return mongo.NewUpdateOneModel().
		SetFilter(filter).
		SetUpdate(set(bson.D{
			{Key: "doc", Value: *c.Previous},
			{Key: "live", Value: liveKey(*c.Previous)},
			{Key: tokenField(c.Previous.Version), Value: b.token},
		}))
}

// commitTime is when the change was made, by the clock of whoever decided it.
func commitTime(c threads.Conversation) time.Time {
	if c.UpdatedAt.IsZero() {
		return epoch
	}
	return c.UpdatedAt
}

// findLost reads the conversations again to tell the compare-and-sets of this
// batch that took effect from those that came too late.
func (b *batch) findLost(ctx context.Context, swaps []swap) {
	ids := make([]threads.ConversationID, len(swaps))
	for n, sw := range swaps {
		ids[n] = sw.id
	}
	rows, err := find[conversationRow](ctx, b.s.conversations, in("_id", ids),
		only("tokens", "doc.version", "doc.state.successor"))
	if err != nil {
		for _, sw := range swaps {
			b.fail(err, sw.change)
		}
		return
	}
	stored := make(map[string]conversationRow, len(rows))
	for _, r := range rows {
		stored[r.ID] = r
	}
	for _, sw := range swaps {
		r := stored[string(sw.id)]
		won := r.Tokens[tokenKey(sw.version)] == b.token
		// A predecessor that leads to this very conversation was marked by
		// somebody who then got no further, or is inserting right now.
		marked := sw.previous && r.Doc.State.Successor == b.changes[sw.change].Conversation.ID
		if !won && !marked {
			b.fail(threads.ErrConflict, sw.change)
		}
	}
}

// insert makes the new conversations.
func (b *batch) insert(ctx context.Context) {
	var at []int
	var rows []conversationRow
	for _, i := range b.alive() {
		if c := b.changes[i]; c.Expected == 0 {
			at = append(at, i)
			rows = append(rows, b.newRow(c))
		}
	}
	if len(rows) == 0 {
		return
	}
	_, err := b.s.conversations.InsertMany(ctx, rows, options.InsertMany().SetOrdered(false))
	single, whole := writeErrors(err)
	if whole != nil {
		b.fail(whole, at...)
		return
	}
	for n, e := range single {
		b.fail(lostOr(e), at[n])
	}
}

// lostOr is ErrConflict where a unique index kept a write out.
func lostOr(e mongo.BulkWriteError) error {
	if e.Code == duplicateKey {
		return threads.ErrConflict
	}
	return e
}

func (b *batch) newRow(c threads.Change) conversationRow {
	slot := slotKey(c.Conversation.Slot())
	r := conversationRow{
		ID: string(c.Conversation.ID), Doc: c.Conversation,
		Slot: slot, Current: slot, Live: liveKey(c.Conversation),
		WakeAt: c.Conversation.State.WakeAt(), Load: c.Conversation.State.Load(), Places: c.Conversation.State.Places(),
		Tokens:      map[string]bson.ObjectID{tokenKey(c.Conversation.Version): b.token},
		UnsettledAt: commitTime(c.Conversation),
	}
	r.Figures, r.Solved = figuresOf(c.Conversation)
	r.Holds, r.HoldsPlaces = holdsOf(c.Conversation)
	r.Spent = spentOf(c.Conversation)
	r.place(c)
	if c.RuleAlarm != nil && !c.RuleAlarm.IsZero() {
		r.RuleAlarmAt = c.RuleAlarm
	}
	if p := pendingOf(c); !p.empty() {
		r.Pending = map[string]pendingRows{pendingKey(p.Version): p}
	}
	return r
}

// writeOut takes the rows of the batch from the conversations, where they are
// safe already, to their collections.
func (b *batch) writeOut(ctx context.Context) {
	crashpoint.At(crashpoint.Inserted)
	w := writeOut{s: b.s}
	for _, i := range b.alive() {
		c := b.changes[i]
		p := pendingOf(c)
		w.add(p)
		if !p.empty() && !p.mayLinger() {
			w.unpend(string(c.Conversation.ID), p)
		}
		if c.Previous != nil {
			w.retire(string(c.Previous.ID))
		}
	}
	if err := w.rows(ctx); err != nil {
		// The commits stand, and whoever reads the conversations completes
		// them. The caller must hear of it: nobody may read them for long.
		b.fail(err, b.alive()...)
		return
	}
	crashpoint.At(crashpoint.WrittenOut)
	for _, i := range b.alive() {
		p := pendingOf(b.changes[i])
		b.s.tidying.wrote(b.changes[i].Conversation.ID, p.Version, !p.empty() && p.mayLinger())
	}
	// What stays pending although it is written out is cleared by the next
	// reader: no reason to call a commit that is complete a failure.
	_ = w.clear(ctx)
}
