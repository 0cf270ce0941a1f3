package sqlite

import (
	"context"
	"fmt"
	"time"

	"threadhub/threads"
)

const (
	sqlAddRuleRun = `INSERT INTO rule_runs (id, conversation_id, rule_id, version, call_at, doc)
 VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	sqlSaveRuleRun = "UPDATE rule_runs SET version = ?, call_at = ?, doc = ? WHERE id = ? AND version = ?"
	sqlRuleCalls   = "SELECT doc FROM rule_runs WHERE call_at <= ? ORDER BY call_at, id LIMIT ?"

	sqlRuleRunsOfConversation = "SELECT doc FROM rule_runs WHERE conversation_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
	sqlRuleRunsOfRule         = "SELECT doc FROM rule_runs WHERE rule_id = ? AND id < ? ORDER BY id DESC LIMIT ?"

	sqlSetRuleAlarm = `INSERT INTO rule_alarms (conversation_id, version, at) VALUES (?, ?, ?)
 ON CONFLICT (conversation_id) DO UPDATE SET version = excluded.version, at = excluded.at`
	sqlClearRuleAlarm = "DELETE FROM rule_alarms WHERE conversation_id = ?"
	sqlRuleAlarms     = "SELECT conversation_id, version, at FROM rule_alarms WHERE at <= ? ORDER BY at, conversation_id LIMIT ?"
	sqlHasVersion     = "SELECT 1 FROM conversations WHERE id = ? AND version = ?"
)

// writeRules adds what rules did in the change, and when they look again.
func (c *encodedChange) writeRules(t *tx) error {
	for i := range c.RuleRuns {
		r := &c.RuleRuns[i]
		if _, err := t.exec(sqlAddRuleRun, string(r.ID), string(r.ConversationID), string(r.Rule), r.Version,
			millisOrNull(r.CallAt), c.ruleRuns[i]); err != nil {
			return err
		}
	}
	if c.RuleAlarm == nil {
		return nil
	}
	return setRuleAlarm(t, threads.RuleAlarm{Conversation: c.Conversation.ID, Version: c.Conversation.Version, At: *c.RuleAlarm})
}

func setRuleAlarm(t *tx, a threads.RuleAlarm) error {
	if a.At.IsZero() {
		_, err := t.exec(sqlClearRuleAlarm, string(a.Conversation))
		return err
	}
	_, err := t.exec(sqlSetRuleAlarm, string(a.Conversation), a.Version, millis(a.At))
	return err
}

// RuleAlarms implements [threads.RuleStore].
func (s *Store) RuleAlarms(ctx context.Context, now time.Time, limit int) ([]threads.RuleAlarm, error) {
	var list []threads.RuleAlarm
	err := s.read.with(ctx, func(c *conn) error {
		return c.query(sqlRuleAlarms, func(r row) error {
			list = append(list, threads.RuleAlarm{
				Conversation: threads.ConversationID(r.text(0)), Version: r.number(1), At: timeOf(r.number(2)),
			})
			return nil
		}, millis(now), int64(max(limit, 0)))
	})
	if err != nil {
		return nil, fmt.Errorf("rule alarms: %w", err)
	}
	return list, nil
}

// SetRuleAlarms implements [threads.RuleStore].
func (s *Store) SetRuleAlarms(ctx context.Context, alarms []threads.RuleAlarm) error {
	err := s.write.do(ctx, func(t *tx) error {
		for _, a := range alarms {
			current := false
			if err := t.query(sqlHasVersion, func(row) error {
				current = true
				return nil
			}, string(a.Conversation), a.Version); err != nil {
				return err
			}
			if !current {
				continue
			}
			if err := setRuleAlarm(t, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("set rule alarms: %w", err)
	}
	return nil
}

// lastRuleRun is beyond every id of a run.
const lastRuleRun = "~"

// RuleRuns implements [threads.RuleStore].
func (s *Store) RuleRuns(ctx context.Context, f threads.RuleRunFilter, p threads.Page) ([]threads.RuleRun, threads.Cursor, error) {
	after, err := readCursor(p.After, cursorRuleRuns)
	if err != nil {
		return nil, "", fmt.Errorf("rule runs: %w", err)
	}
	if after.ID == "" {
		after.ID = lastRuleRun
	}
	sql, key := sqlRuleRunsOfConversation, string(f.Conversation)
	if f.Rule != "" {
		sql, key = sqlRuleRunsOfRule, string(f.Rule)
	}
	limit := pageLimit(p.Limit)
	var list []threads.RuleRun
	err = s.read.with(ctx, func(c *conn) error {
		return c.query(sql, collect(&list), key, after.ID, int64(limit)+1)
	})
	if err != nil {
		return nil, "", fmt.Errorf("rule runs: %w", err)
	}
	if len(list) <= limit {
		return list, "", nil
	}
	return list[:limit], place{List: cursorRuleRuns, ID: string(list[limit-1].ID)}.cursor(), nil
}

// RuleCalls implements [threads.RuleStore].
func (s *Store) RuleCalls(ctx context.Context, now time.Time, limit int) ([]threads.RuleRun, error) {
	var due []threads.RuleRun
	err := s.read.with(ctx, func(c *conn) error {
		return c.query(sqlRuleCalls, collect(&due), millis(now), int64(max(limit, 0)))
	})
	if err != nil {
		return nil, fmt.Errorf("rule calls: %w", err)
	}
	return due, nil
}

// SaveRuleRun implements [threads.RuleStore].
func (s *Store) SaveRuleRun(ctx context.Context, r threads.RuleRun) error {
	doc, err := encode(r)
	if err != nil {
		return err
	}
	err = s.write.do(ctx, func(t *tx) error {
		n, err := t.exec(sqlSaveRuleRun, r.Version, millisOrNull(r.CallAt), doc, string(r.ID), r.Version-1)
		if err == nil && n == 0 {
			return threads.ErrConflict
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("save rule run: %w", err)
	}
	return nil
}
