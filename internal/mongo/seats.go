package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"threadhub/threads"
)

// seatRow is a document of the collection seats: one for each agent that a
// change ever wanted a seat of. It makes those who want one take turns; what
// the agent holds is counted from the conversations, never here.
type seatRow struct {
	ID      string `bson:"_id"` // of the agent
	Version int64  `bson:"version"`
	Holds   []hold `bson:"holds"`
	// LastAt is when routing last gave the agent something.
	LastAt time.Time `bson:"last_at"`
}

// hold are places that somebody has taken and perhaps not used yet. It is good
// for one commit, the one that finds the conversation at the version: as soon as
// the conversation has another one, that commit has been made, and is counted
// with the conversations, or never will be. So nobody has to give a hold back.
type hold struct {
	Conversation threads.ConversationID `bson:"conversation"`
	Version      int64                  `bson:"version"`
	At           time.Time              `bson:"at"`
	Places       int                    `bson:"places"`
}

const (
	// seatTries is how often a batch tries to have its turn at an agent's
	// seats. Each failure is somebody else's success.
	seatTries = 30
	// holdFor is how long a hold may keep a place unused: whoever took it has
	// died or stopped. After that the conversation is given a new version, so
	// that a commit that comes after all finds it changed.
	holdFor = 15 * time.Second
)

// takeSeats lets through the changes whose agents have a free place for them.
//
// Each round reads the agent's seat, then the versions of the conversations it
// holds places for, then counts what the agent has, and takes places by a
// compare-and-set on the seat. Two rounds cannot both succeed on one version of
// it, and a place that an earlier one took is either still held or counted.
func (b *batch) takeSeats(ctx context.Context) {
	wanted := map[threads.AgentID][]int{}
	for _, i := range b.alive() {
		if seat := b.changes[i].Seat; seat != nil {
			wanted[seat.Agent] = append(wanted[seat.Agent], i)
		}
	}
	for try := 0; len(wanted) > 0; try++ {
		if try == seatTries {
			for _, list := range wanted {
				b.fail(threads.ErrConflict, list...)
			}
			return
		}
		left, err := b.seatRound(ctx, wanted)
		if err != nil {
			for _, list := range wanted {
				b.fail(err, list...)
			}
			return
		}
		wanted = left
	}
}

// seatRound takes places once, and answers what has to try again.
func (b *batch) seatRound(ctx context.Context, wanted map[threads.AgentID][]int) (map[threads.AgentID][]int, error) {
	agents := make([]threads.AgentID, 0, len(wanted))
	for a := range wanted {
		agents = append(agents, a)
	}
	rows, err := find[seatRow](ctx, b.s.seats, in("_id", texts(agents)))
	if err != nil {
		return nil, err
	}
	seats := make(map[threads.AgentID]seatRow, len(rows))
	for _, r := range rows {
		seats[threads.AgentID(r.ID)] = r
	}
	good, err := b.s.goodHolds(ctx, rows)
	if err != nil {
		return nil, err
	}
	held, err := b.s.tallies(ctx, agents)
	if err != nil {
		return nil, err
	}
	left := map[threads.AgentID][]int{}
	for _, a := range agents {
		took, err := b.sit(ctx, seats[a], a, wanted[a], good, held[a])
		if err != nil {
			return nil, err
		}
		if !took {
			left[a] = wanted[a]
		}
	}
	return left, nil
}

// goodHolds answers which holds may still be used. One that has been good for
// too long is made void.
func (s *Store) goodHolds(ctx context.Context, seats []seatRow) (map[hold]bool, error) {
	good := map[hold]bool{}
	var ids []threads.ConversationID
	for _, r := range seats {
		for _, h := range r.Holds {
			ids = append(ids, h.Conversation)
		}
	}
	if len(ids) == 0 {
		return good, nil
	}
	rows, err := find[conversationRow](ctx, s.conversations, in("_id", texts(ids)), only("doc.version"))
	if err != nil {
		return nil, err
	}
	versions := make(map[threads.ConversationID]int64, len(rows))
	for _, r := range rows {
		versions[threads.ConversationID(r.ID)] = r.Doc.Version
	}
	for _, r := range seats {
		for _, h := range r.Holds {
			if versions[h.Conversation] != h.Version {
				continue
			}
			if time.Since(h.At) > holdFor {
				update := op("$inc", by("doc.version", 1))
				if _, err := s.conversations.UpdateOne(ctx, versioned(string(h.Conversation), h.Version), update); err != nil {
					return nil, err
				}
				continue
			}
			good[h] = true
		}
	}
	return good, nil
}

// sit takes places of an agent's for as many of the changes as there are, and
// refuses the others. It answers false when somebody else was faster.
func (b *batch) sit(ctx context.Context, seat seatRow, agent threads.AgentID, wanted []int, good map[hold]bool, held threads.Tally) (bool, error) {
	mine := map[threads.ConversationID]bool{}
	for _, i := range wanted {
		mine[b.changes[i].Conversation.ID] = true
	}
	next := seatRow{ID: string(agent), Version: seat.Version + 1, LastAt: seat.LastAt, Holds: []hold{}}
	for _, h := range seat.Holds {
		if good[h] && !mine[h.Conversation] {
			next.Holds = append(next.Holds, h)
		}
	}
	taken := held
	for _, h := range next.Holds {
		taken.Offered += h.Places
	}
	var full []int
	now := time.Now().UTC().Truncate(time.Millisecond)
	for _, i := range wanted {
		c := b.changes[i]
		places := c.Conversation.State.Places()
		if taken.Used(c.Seat.CountInactive)+places > c.Seat.Max {
			full = append(full, i)
			continue
		}
		next.Holds = append(next.Holds, hold{c.Conversation.ID, c.Expected, now, places})
		taken.Offered += places
		for _, d := range c.Decisions {
			if d.Outcome.Gives() && d.At.After(next.LastAt) {
				next.LastAt = d.At
			}
		}
	}
	if len(full) < len(wanted) {
		took, err := b.s.saveSeat(ctx, seat.Version, next)
		if err != nil || !took {
			return false, err
		}
	}
	b.fail(threads.ErrFull, full...)
	return true, nil
}

// saveSeat stores the seat if it still has the version (0: there is none yet).
func (s *Store) saveSeat(ctx context.Context, version int64, next seatRow) (bool, error) {
	if version == 0 {
		_, err := s.seats.InsertOne(ctx, next)
		if mongo.IsDuplicateKeyError(err) {
			return false, nil
		}
		return err == nil, err
	}
	res, err := s.seats.ReplaceOne(ctx, bson.D{{Key: "_id", Value: next.ID}, {Key: "version", Value: version}}, next)
	if err != nil {
		return false, err
	}
	return res.MatchedCount == 1, nil
}
