package mongo

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"threadhub/internal/crashpoint"
	"threadhub/threads"
)

// complete writes out and clears what is still pending in the given documents,
// and takes the mark "current" from predecessors that have been followed. In
// the common case there is nothing to do.
func (s *Store) complete(ctx context.Context, rows []conversationRow) error {
	return s.completion(ctx, rows, true)
}

// completeUnlessKnown is complete for what this process does not know to be
// written out: the rest is cleared a moment later.
func (s *Store) completeUnlessKnown(ctx context.Context, rows []conversationRow) error {
	return s.completion(ctx, rows, false)
}

func (s *Store) completion(ctx context.Context, rows []conversationRow, clearKnown bool) error {
	w := writeOut{s: s}
	for _, r := range rows {
		byVersion := slices.SortedFunc(maps.Values(r.Pending), func(a, b pendingRows) int {
			return int(a.Version - b.Version)
		})
		for _, p := range byVersion {
			known := s.tidying.knows(r.ID, p.Version)
			if !known {
				w.add(p)
			}
			if !known || clearKnown {
				w.unpend(r.ID, p)
			}
		}
	}
	w.retireFollowed(rows)
	if err := w.rows(ctx); err != nil {
		return fmt.Errorf("complete a commit: %w", err)
	}
	if err := w.clear(ctx); err != nil {
		return fmt.Errorf("complete a commit: %w", err)
	}
	return nil
}

// writeOut is the second and third step of commits: rows to their collections,
// then out of the conversations. Both may be repeated.
type writeOut struct {
	s           *Store
	messages    []messageRow
	transitions []transitionRow
	deliveries  []deliveryRow
	ruleRuns    []ruleRunRow
	decisions   []decisionRow
	clears      []mongo.WriteModel
}

// add takes in the rows of one commit.
func (w *writeOut) add(p pendingRows) {
	for _, m := range p.Messages {
		w.messages = append(w.messages, messageRow{ID: string(m.ID), Doc: m})
	}
	for n, t := range p.Transitions {
		w.transitions = append(w.transitions, transitionRow{ID: t.ID, Doc: t, Version: p.Version, Index: n})
	}
	for _, d := range p.Deliveries {
		w.deliveries = append(w.deliveries, newDeliveryRow(d))
	}
	for _, r := range p.RuleRuns {
		w.ruleRuns = append(w.ruleRuns, newRuleRunRow(r))
	}
	for _, d := range p.Decisions {
		w.decisions = append(w.decisions, decisionRow{ID: string(d.ID), Doc: d})
	}
}

// unpend takes in that the rows of a commit leave the conversation.
func (w *writeOut) unpend(conversation string, p pendingRows) {
	w.clears = append(w.clears, mongo.NewUpdateOneModel().
		SetFilter(by("_id", conversation)).
		SetUpdate(op("$unset", by(pendingField(p.Version), ""))))
}

// retire takes in a predecessor whose follow-up is in place.
func (w *writeOut) retire(conversation string) {
	w.clears = append(w.clears, mongo.NewUpdateOneModel().
		SetFilter(by("_id", conversation)).
		SetUpdate(op("$unset", by("current", ""))))
}

// retireFollowed takes in those of the documents that another of them follows.
func (w *writeOut) retireFollowed(rows []conversationRow) {
	present := make(map[threads.ConversationID]bool, len(rows))
	for _, r := range rows {
		present[r.Doc.ID] = true
	}
	for _, r := range rows {
		if r.Current != "" && r.Doc.State.Successor != "" && present[r.Doc.State.Successor] {
			w.retire(r.ID)
		}
	}
}

// rows writes them. Deliveries come last: a worker that finds one must find
// its message.
func (w *writeOut) rows(ctx context.Context) error {
	if err := insertNew(ctx, w.s.messages, w.messages); err != nil {
		return fmt.Errorf("messages: %w", err)
	}
	if err := insertNew(ctx, w.s.transitions, w.transitions); err != nil {
		return fmt.Errorf("transitions: %w", err)
	}
	if err := insertNew(ctx, w.s.ruleRuns, w.ruleRuns); err != nil {
		return fmt.Errorf("rule runs: %w", err)
	}
	if err := insertNew(ctx, w.s.decisions, w.decisions); err != nil {
		return fmt.Errorf("routing decisions: %w", err)
	}
	crashpoint.At(crashpoint.HalfWritten)
	if err := insertNew(ctx, w.s.deliveries, w.deliveries); err != nil {
		return fmt.Errorf("deliveries: %w", err)
	}
	return nil
}

// clear takes what was written out of the conversations, in one round trip.
func (w *writeOut) clear(ctx context.Context) error {
	if len(w.clears) == 0 {
		return nil
	}
	_, err := w.s.conversations.BulkWrite(ctx, w.clears, unordered())
	return err
}
