package sqlite

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/directory"
	"threadhub/internal/journal"
	"threadhub/normalize"
	"threadhub/threads"
	"threadhub/workers"
)

var restartTime = time.Date(2031, time.March, 4, 5, 6, 7, 89e6, time.UTC)

// sending is a new conversation with an inbound message and one to send.
func sending(n int) threads.Change {
	c := threads.Conversation{
		ID: threads.ConversationID(fmt.Sprintf("cv_%d", n)), ChannelID: "ch_1", Ordinal: 1, Version: 1,
		Contact: threads.ContactBrief{ID: threads.ContactID(fmt.Sprintf("ct_%d", n)), ExternalID: "peer"},
		State:   threads.State{Status: threads.StatusOpen}, CreatedAt: restartTime, UpdatedAt: restartTime,
	}
	message := func(i int, d threads.Direction, status threads.MessageStatus) threads.Message {
		id := threads.MessageID(fmt.Sprintf("msg_%d_%d", n, i))
		return threads.Message{
			ID: id, Key: threads.MessageKey(id), ConversationID: c.ID, ChannelID: c.ChannelID, ContactID: c.Contact.ID,
			Direction: d, Status: status, Content: normalize.Message{Type: normalize.TypeText, Text: "x"}, SentAt: restartTime, Version: 1,
		}
	}
	out := message(2, threads.Outbound, threads.MessageQueued)
	return threads.Change{
		Conversation: c, Messages: []threads.Message{message(1, threads.Inbound, threads.MessageReceived), out},
		Deliveries: []threads.Delivery{{
			MessageID: out.ID, ConversationID: c.ID, ChannelID: c.ChannelID, ContactID: c.Contact.ID,
			CreatedAt: restartTime, NotBefore: restartTime,
		}},
	}
}

func pendingEntry(id string) journal.Entry {
	return journal.Entry{ID: id, ChannelID: "ch_1", ReceivedAt: restartTime, Method: "POST", Body: []byte("{}"), State: journal.Pending}
}

func TestARestartKeepsWhatWasStoredAndFreesLeases(t *testing.T) {
	dir := t.TempDir()
	ctx := t.Context()
	s, err := Open(ctx, dir, Options{})
	require.NoError(t, err)
	require.NoError(t, s.Journal().Append(ctx, []journal.Entry{pendingEntry("ev_1")}))
	require.NoError(t, s.Commit(ctx, []threads.Change{sending(1)})[0])
	require.NoError(t, s.Put(ctx, directory.Document{Kind: "agent", ID: "ag_1", Unique: "ada", Version: 1, Body: []byte("x")}))
	entries, err := s.Journal().Claim(ctx, "w", restartTime, time.Hour, 10)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	deliveries, err := s.ClaimDeliveries(ctx, "w", restartTime, time.Hour, workers.Room{All: 10})
	require.NoError(t, err)
	require.Len(t, deliveries, 1)
	_, err = s.BeginCalls(ctx, []threads.MessageID{deliveries[0].MessageID})
	require.NoError(t, err)
	require.NoError(t, s.Close())

	s = open(t, dir)
	again, err := s.Journal().Claim(ctx, "w2", restartTime, time.Hour, 10)
	require.NoError(t, err)
	require.Equal(t, entries, again)
	found, err := s.ClaimDeliveries(ctx, "w2", restartTime, time.Hour, workers.Room{All: 10})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.True(t, found[0].InFlight, "the worker has to know that a call may have been made")
	messages, err := s.SettleCalls(ctx, []workers.DeliveryResult{{
		Delivery: found[0], Message: threads.MessagePatch{Status: threads.MessageUnknown, At: restartTime},
	}})
	require.NoError(t, err)
	require.Equal(t, threads.MessageUnknown, messages[0].Status)
	c, err := s.Conversation(ctx, "cv_1")
	require.NoError(t, err)
	require.Equal(t, sending(1).Conversation, c)
	d, err := s.Find(ctx, "agent", "ada")
	require.NoError(t, err)
	require.Equal(t, "ag_1", d.ID)
}

func TestTwoStoresCannotHaveOneDirectory(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	second, err := Open(t.Context(), dir, Options{})
	require.ErrorIs(t, err, ErrLocked)
	require.ErrorContains(t, err, dir)
	require.Nil(t, second)
	require.NoError(t, s.Close())
	open(t, dir)
}

func TestADirectoryWithAnOddNameIsUsed(t *testing.T) {
	dir := t.TempDir() + "/what? 100% #1&x=y"
	s := open(t, dir)
	require.NoError(t, s.Ping(t.Context()))
	require.FileExists(t, dir+"/"+mainFile)
	require.FileExists(t, dir+"/"+journalFile)
}

// killedDir names the directory of the process that is to be killed.
const killedDir = "THREADHUB_SQLITE_TEST_KILLED_DIR"

// writeUntilKilled is the process that is to be killed (see TestMain): it
// writes from several goroutines and tells, a line each, what the store has
// confirmed.
func writeUntilKilled(dir string) error {
	s, err := Open(bg, dir, Options{})
	if err != nil {
		return err
	}
	told := make(chan string)
	failed := make(chan error)
	for w := range 4 {
		go func() {
			for n := w; ; n += 4 {
				if err := s.Journal().Append(bg, []journal.Entry{pendingEntry(fmt.Sprint("ev_", n))}); err != nil {
					failed <- err
				}
				told <- fmt.Sprint("ev_", n)
				if err := s.Commit(bg, []threads.Change{sending(n)})[0]; err != nil {
					failed <- err
				}
				told <- fmt.Sprint("cv_", n)
			}
		}()
	}
	for {
		select {
		case line := <-told:
			fmt.Println(line)
		case err := <-failed:
			return err
		}
	}
}

func TestWhatWasConfirmedSurvivesAKill(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	stored := 0
	for round := range 3 {
		sub := fmt.Sprint(dir, "/", round)
		child := exec.Command(self)
		child.Env = append(os.Environ(), killedDir+"="+sub)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		var confirmed []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if confirmed = append(confirmed, lines.Text()); len(confirmed) == 100*(round+1) {
				require.NoError(t, child.Process.Kill())
			}
		}
		require.Error(t, child.Wait(), "killed")

		s := open(t, sub)
		for _, id := range confirmed {
			if strings.HasPrefix(id, "ev_") {
				_, err := s.Journal().Entry(t.Context(), id)
				require.NoError(t, err, id)
				continue
			}
			requireWhole(t, s, threads.ConversationID(id))
			stored++
		}
		list, _, err := s.Conversations(t.Context(), threads.Filter{}, threads.Page{Limit: 100_000})
		require.NoError(t, err)
		for _, c := range list { // also those that were not confirmed in time
			requireWhole(t, s, c.ID)
		}
	}
	require.NotZero(t, stored)
}

// requireWhole expects a commit of sending to be there with all its parts.
func requireWhole(t *testing.T, s *Store, id threads.ConversationID) {
	t.Helper()
	_, err := s.Conversation(t.Context(), id)
	require.NoError(t, err)
	list, _, err := s.Messages(t.Context(), id, threads.MessagePage{Limit: 5})
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Contains(t, s.lanes.byID, list[1].ID)
}
