package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"threadhub/threads"
)

// ruleRunRow is a document of the collection rule_runs.
type ruleRunRow struct {
	ID  string          `bson:"_id"`
	Doc threads.RuleRun `bson:"doc"`
	// CallAt is the run's, and absent when no call is left.
	CallAt *time.Time `bson:"call_at,omitempty"`
}

func newRuleRunRow(r threads.RuleRun) ruleRunRow {
	row := ruleRunRow{ID: string(r.ID), Doc: r}
	if !r.CallAt.IsZero() {
		row.CallAt = &r.CallAt
	}
	return row
}

// ruleAlarm is what a commit does to the field rule_alarm_at of its
// conversation: the fields to set, and those to take away.
func ruleAlarm(at *time.Time) (setting, unsetting bson.D) {
	switch {
	case at == nil:
		return nil, nil
	case at.IsZero():
		return nil, by("rule_alarm_at", "")
	}
	return by("rule_alarm_at", *at), nil
}

// alarmRow is the part of a conversation's document that alarms are read from.
type alarmRow struct {
	ID  string `bson:"_id"`
	Doc struct {
		Version int64 `bson:"version"`
	} `bson:"doc"`
	At time.Time `bson:"rule_alarm_at"`
}

// RuleAlarms is threads.RuleStore.RuleAlarms.
func (s *Store) RuleAlarms(ctx context.Context, now time.Time, limit int) ([]threads.RuleAlarm, error) {
	rows, err := find[alarmRow](ctx, s.conversations, by("rule_alarm_at", op("$lte", now)),
		page(limit, "rule_alarm_at").SetProjection(order("rule_alarm_at", "doc.version")))
	if err != nil {
		return nil, fmt.Errorf("mongo: rule alarms: %w", err)
	}
	list := make([]threads.RuleAlarm, len(rows))
	for i, r := range rows {
		list[i] = threads.RuleAlarm{Conversation: threads.ConversationID(r.ID), Version: r.Doc.Version, At: r.At.UTC()}
	}
	return list, nil
}

// SetRuleAlarms is threads.RuleStore.SetRuleAlarms: one bulk write.
func (s *Store) SetRuleAlarms(ctx context.Context, alarms []threads.RuleAlarm) error {
	if len(alarms) == 0 {
		return nil
	}
	models := make([]mongo.WriteModel, len(alarms))
	for i, a := range alarms {
		update := set(by("rule_alarm_at", a.At))
		if a.At.IsZero() {
			update = op("$unset", by("rule_alarm_at", ""))
		}
		models[i] = mongo.NewUpdateOneModel().SetFilter(versioned(string(a.Conversation), a.Version)).SetUpdate(update)
	}
	if _, err := s.conversations.BulkWrite(ctx, models, unordered()); err != nil {
		return fmt.Errorf("mongo: set rule alarms: %w", err)
	}
	return nil
}

// ruleRunsList names cursors of the run log.
const ruleRunsList = "rule_runs"

// RuleRuns is threads.RuleStore.RuleRuns.
func (s *Store) RuleRuns(ctx context.Context, f threads.RuleRunFilter, p threads.Page) ([]threads.RuleRun, threads.Cursor, error) {
	filter, limit := by("doc.rule_id", f.Rule), pageLimit(p.Limit)
	if f.Rule == "" {
		if err := s.completeOne(ctx, f.Conversation); err != nil {
			return nil, "", fmt.Errorf("mongo: rule runs: %w", err)
		}
		filter = by("doc.conversation_id", f.Conversation)
	}
	if p.After != "" {
		after, err := readCursor(p.After, ruleRunsList)
		if err != nil {
			return nil, "", fmt.Errorf("mongo: rule runs: %w", err)
		}
		filter = append(filter, bson.E{Key: "_id", Value: op("$lt", after.ID)})
	}
	rows, err := find[ruleRunRow](ctx, s.ruleRuns, filter, page(limit+1, "-_id"))
	if err != nil {
		return nil, "", fmt.Errorf("mongo: rule runs: %w", err)
	}
	list := ruleRunsOf(rows)
	if len(list) <= limit {
		return list, "", nil
	}
	next, err := place{List: ruleRunsList, ID: string(list[limit-1].ID)}.cursor()
	return list[:limit], next, err
}

func ruleRunsOf(rows []ruleRunRow) []threads.RuleRun {
	list := make([]threads.RuleRun, len(rows))
	for i, r := range rows {
		list[i] = r.Doc
	}
	return list
}

// RuleCalls is threads.RuleStore.RuleCalls.
func (s *Store) RuleCalls(ctx context.Context, now time.Time, limit int) ([]threads.RuleRun, error) {
	rows, err := find[ruleRunRow](ctx, s.ruleRuns, by("call_at", op("$lte", now)), page(limit, "call_at"))
	if err != nil {
		return nil, fmt.Errorf("mongo: rule calls: %w", err)
	}
	return ruleRunsOf(rows), nil
}

// SaveRuleRun is threads.RuleStore.SaveRuleRun.
func (s *Store) SaveRuleRun(ctx context.Context, r threads.RuleRun) error {
	row := newRuleRunRow(r)
	res, err := s.ruleRuns.ReplaceOne(ctx, versioned(row.ID, r.Version-1), row)
	if err == nil && res.MatchedCount == 0 {
		err = threads.ErrConflict
	}
	if err != nil {
		return fmt.Errorf("mongo: save rule run %s: %w", r.ID, err)
	}
	return nil
}
