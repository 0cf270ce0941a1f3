package sqlite

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"threadhub/threads"
)

// plan answers how SQLite carries a statement out.
func plan(t *testing.T, r *readers, sql string) string {
	t.Helper()
	var steps []string
	require.NoError(t, r.with(t.Context(), func(c *conn) error {
		return c.queryOnce(t.Context(), "EXPLAIN QUERY PLAN "+sql, func(r row) error {
			steps = append(steps, r.text(3))
			return nil
		}, make([]any, strings.Count(sql, "?"))...)
	}))
	return strings.Join(steps, "\n")
}

func TestHotStatementsReadNoTableFromEndToEnd(t *testing.T) {
	s := open(t, t.TempDir())
	main := map[string]string{
		"owner": sqlOwner, "contact": sqlContact, "save contact": sqlSaveContact,
		"conversation": sqlConversation, "current": sqlCurrent, "save conversation": sqlSaveConversation, "move conversation": sqlMoveConversation,
		"link previous": sqlLinkPrevious, "due": sqlDue, "silent": sqlSilent, "next silent": sqlNextSilent, "wake later": sqlWakeLater, "transitions": sqlTransitions,
		"seen": sqlSeen, "message": sqlMessage, "save message": sqlSaveMessage, "move message": sqlMoveMessage, "by external id": sqlByExternal, "by key": sqlByKey,
		"messages first": sqlMessagesFirst, "messages after": sqlMessagesAfter, "messages before": sqlMessagesBefore,
		"reading place": sqlReadingPlace, "parked for": sqlParkedFor, "parked before": sqlParkedBefore, "unpark": sqlUnpark,
		"to advance": sqlToAdvance, "advance": sqlAdvance, "in flight": sqlInFlight,
		"dead letters": sqlDeadLetters, "drop dead letter": sqlDropDeadLetter, "delivery": sqlDelivery, "keep delivery": sqlKeepDelivery, "drop delivery": sqlDropDelivery, "next due": sqlNextDue,
		"rule runs of conversation": sqlRuleRunsOfConversation, "rule runs of rule": sqlRuleRunsOfRule, "rule calls": sqlRuleCalls,
		"save rule run": sqlSaveRuleRun, "rule alarms": sqlRuleAlarms, "clear rule alarm": sqlClearRuleAlarm, "has version": sqlHasVersion,
		"taken by": sqlTakenBy, "offered to": sqlOfferedTo, "given at": sqlGivenAt, "clear place": sqlClearPlace,
		"waiting": sqlWaitingNormal, "waiting ranked": sqlWaitingRanked, "offered until": sqlOfferedUntil, "offered to agent": sqlOfferedToAgent, "decisions of": sqlDecisionsOf, "decisions": sqlDecisionsAll,
		"document": sqlDocument, "document named": sqlDocumentNamed, "documents": sqlDocuments, "save document": sqlSaveDocument,
		"figures by creation": sqlFiguresCreated, "figures by solve": sqlFiguresSolved,
		"intents": sqlIntentsBefore, "drop intent": sqlDropIntent, "erase intents": sqlEraseIntent,
		"waiting events": sqlWaitingEvents, "save outcome": sqlSaveOutcome, "event": sqlEvent, "events": sqlEvents, "events of a state": sqlEventsOfState,
		"oldest waiting": sqlOldestWaiting, "range of events": sqlRange, "purge events": sqlPurgeEvents, "drop events": sqlDropEvents, "erase events": sqlEraseEvents,
		"drop contact": sqlDropContact, "drop identities": sqlDropIdentities, "opted out": sqlOptedOut, "erase message": sqlEraseMessage, "drop external": sqlDropExternal,
		"erase transition": sqlEraseTransition, "drop rule runs": sqlDropRuleRuns, "erase conversation": sqlEraseConversation,
		"kept": sqlKept, "spent": sqlSpent, "old dead letters": sqlOldDeadLetters,
		"lane": sqlLane, "due lane": sqlDueLane, "save lane": sqlSaveLane, "drop lane": sqlDropLane, "wake lanes": sqlWakeAll, "drop idle lanes": sqlDropIdle, "drop lanes": sqlDropLanes,
		"idempotency": sqlIdempotencyRecord, "complete": sqlIdempotencyComplete, "expire": sqlIdempotencyExpire,
	}
	inJournal := map[string]string{
		"pending first": sqlPendingFirst, "pending again": sqlPendingAgain, "last entry": sqlLastEntry, "place of": sqlPlaceOf,
		"finish": sqlFinish, "entry by seq": sqlEntryBySeq, "entry": sqlEntry, "entries": sqlEntries, "entries last": sqlEntriesLast,
		"items of": sqlItemsOf, "items before": sqlItemsBefore, "trim entries": sqlTrimEntries, "redact": sqlRedact, "drop item": sqlDropItem, "trim items": sqlTrimItems, "eldest": sqlEldest, "next entries": sqlNextEntries, "next items": sqlNextItems,
	}
	check := func(r *readers, list map[string]string) {
		for name, sql := range list {
			// The index of what is pending again holds nothing else.
			got := strings.ReplaceAll(plan(t, r, sql), "SCAN entries USING INDEX entries_again", "")
			require.NotContainsf(t, got, "SCAN", "%s: %s", name, sql)
			require.NotContainsf(t, got, "TEMP B-TREE", "%s: %s", name, sql)
		}
	}
	check(s.read, main)
	check(s.journal.read, inJournal)
}

func TestListsWalkTheIndexOfTheirOrder(t *testing.T) {
	s := open(t, t.TempDir())
	live := []threads.Status{threads.StatusOpen, threads.StatusNew}
	for _, c := range []struct {
		filter threads.Filter
		index  string
	}{
		{threads.Filter{}, "conversations_updated"},
		{threads.Filter{Channels: []threads.ChannelID{"a", "b"}, Query: "x", Tags: []string{"t"}}, "conversations_updated"},
		{threads.Filter{Statuses: live, Assignees: []threads.AgentID{"x"}}, "conversations_live_updated"},
		{threads.Filter{Sort: threads.SortCreated, Statuses: live}, "conversations_created"},
		{threads.Filter{Sort: threads.SortOldest}, "conversations_created"},
		{threads.Filter{Sort: threads.SortWaiting}, "conversations_queued"},
		{threads.Filter{Sort: threads.SortCloseDue}, "conversations_due"},
		{threads.Filter{Sort: threads.SortCloseDue, CloseDueBefore: benchTime}, "conversations_due"},
		{threads.Filter{CloseDueBefore: benchTime}, "conversations_live_updated"},
		{threads.Filter{Reopened: new(true), Statuses: live}, "conversations_reopened"},
		{threads.Filter{Reopened: new(false)}, "conversations_updated"},
	} {
		sel, err := selectionOf(c.filter)
		require.NoError(t, err)
		require.NotContains(t, plan(t, s.read, sel.list()), "TEMP B-TREE")
		sel.after(place{At: 1, ID: "x"})
		got := plan(t, s.read, sel.list())
		require.Contains(t, got, "SEARCH conversations USING INDEX "+c.index+" (")
		require.NotContains(t, got, "TEMP B-TREE")
	}
	for _, f := range []threads.Filter{
		{Contacts: []threads.ContactID{"x"}},
		{FollowUpOf: "x", Sort: threads.SortWaiting},
		{Assignees: []threads.AgentID{"x"}, Loads: threads.CapacityLoads(true)},
		{Slot: threads.Slot{Channel: "c", Contact: "x"}},
	} {
		sel, err := selectionOf(f)
		require.NoError(t, err)
		require.NotContains(t, plan(t, s.read, sel.list()), "SCAN")
		require.NotContains(t, plan(t, s.read, sel.count()), "SCAN")
	}
}

func TestReportsReadTheirIndexAndNoTable(t *testing.T) {
	s := open(t, t.TempDir())
	require.Contains(t, plan(t, s.read, sqlFiguresCreated), "SEARCH conversations USING COVERING INDEX conversations_created (")
	require.Contains(t, plan(t, s.read, sqlFiguresSolved), "SEARCH conversations USING COVERING INDEX conversations_solved (")
}
