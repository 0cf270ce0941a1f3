package threadtest

import (
	"slices"
	"time"

	"threadhub/threads"
)

// life is what the plain model knows of one conversation. It follows the words
// of docs/lifecycle.md, one state at a time, and nothing of threads.Decide.
type life struct {
	status    threads.Status
	style     threads.Style // with the settings it had last
	own       bool          // somebody chose the style for this conversation
	assignee  threads.AgentID
	group     threads.GroupID
	session   threads.Session
	endedAt   time.Time // of the session
	heard     time.Time // the customer's latest message; zero: none
	silent    time.Time // when the session becomes inactive; zero: it does not
	attention bool
	followed  bool // another one came after it
	reopens   int
	messages  int
	began     time.Time
	solved    time.Time
	due       time.Time
	closed    time.Time
}

// world is the model of a channel.
type world struct {
	now    time.Time
	style  threads.Style // of the channel
	group  threads.GroupID
	away   map[threads.AgentID]bool
	office bool // the schedule is there
	lives  map[string][]*life
	known  map[string]bool // platform ids of messages
}

func (w *world) newest(contact string) *life {
	if list := w.lives[contact]; len(list) > 0 {
		return list[len(list)-1]
	}
	return nil
}

func (w *world) begin(contact string, s threads.Status, at time.Time) *life {
	if l := w.newest(contact); l != nil {
		l.followed = true
	}
	l := &life{status: s, style: w.style, group: w.group, began: at, session: threads.SessionActive, silent: at.Add(patience)}
	w.lives[contact] = append(w.lives[contact], l)
	return l
}

// customer writes; the hub accepted it at the given time.
func (w *world) customer(contact, id string, accepted time.Time) {
	if w.known[id] {
		return
	}
	w.known[id] = true
	l := w.newest(contact)
	switch {
	case l == nil:
		l = w.begin(contact, threads.StatusNew, accepted)
	case l.status == threads.StatusClosed && (l.afterEnd(accepted) || !accepted.Before(l.closed)):
		l = w.begin(contact, threads.StatusNew, accepted)
	case l.status == threads.StatusSolved && !accepted.Before(l.due):
		l.close(l.due)
		l = w.begin(contact, threads.StatusNew, accepted)
	case l.status != threads.StatusClosed && l.afterEnd(accepted):
		l.close(accepted)
		l = w.begin(contact, threads.StatusNew, accepted)
	case l.status == threads.StatusSolved, l.status == threads.StatusClosed:
		l.reopens++
		if w.away[l.assignee] {
			l.assignee = ""
		}
		l.resume(threads.StatusOpen)
	case l.status == threads.StatusPending, l.status == threads.StatusOnHold:
		l.status = threads.StatusOpen
	}
	if accepted.After(l.heard) {
		l.heard = accepted
	}
	l.listen(l.heard)
	l.messages++
}

// business writes in the platform's own app.
func (w *world) business(contact, id string) {
	if w.known[id] {
		return
	}
	w.known[id] = true
	l := w.newest(contact)
	if l == nil {
		l = w.begin(contact, threads.StatusPending, w.now)
	}
	l.messages++
}

// start is an agent who writes to a contact, whatever there is.
func (w *world) start(contact string, by threads.AgentID) {
	l := w.newest(contact)
	if l == nil || l.status == threads.StatusClosed {
		l = w.begin(contact, threads.StatusOpen, w.now)
	}
	l.write(by)
}

// write is an agent's public message.
func (l *life) write(by threads.AgentID) threads.RefusalCode {
	if l.status == threads.StatusClosed {
		return threads.RefusedClosed
	}
	if l.assignee == "" && (l.status == threads.StatusNew || l.status == threads.StatusOpen) {
		l.assignee = by
	}
	if l.status == threads.StatusNew {
		l.status = threads.StatusOpen
	}
	l.messages++
	return ""
}

func (l *life) note() threads.RefusalCode {
	if l.status == threads.StatusClosed {
		return threads.RefusedClosed
	}
	l.messages++
	return ""
}

func (l *life) assign(to threads.AgentID) threads.RefusalCode {
	if l.status == threads.StatusClosed {
		return threads.RefusedClosed
	}
	l.assignee = to
	if l.status == threads.StatusNew && to != "" {
		l.status = threads.StatusOpen
	}
	return ""
}

func (l *life) accept(by threads.AgentID) threads.RefusalCode {
	switch {
	case l.status == threads.StatusClosed:
		return threads.RefusedClosed
	case l.assignee != "" && l.assignee != by:
		return "already_taken"
	}
	return l.assign(by)
}

// set is an agent or admin who sets the status.
func (w *world) set(l *life, to threads.Status, by threads.AgentID, admin bool) threads.RefusalCode {
	known := slices.Contains(threads.Statuses, to)
	switch {
	case l.status == threads.StatusClosed && (to == threads.StatusClosed || to == threads.StatusNew):
		return ""
	case to == threads.StatusNew, to == threads.StatusClosed && (l.status != threads.StatusSolved || !admin):
		return threads.RefusedInvalid
	case l.status == threads.StatusClosed:
		return threads.RefusedClosed
	case !known:
		return threads.RefusedInvalid
	case to == threads.StatusOpen && l.status == threads.StatusNew && l.assignee == "" && l.group == "":
		return threads.RefusedIllegal
	case to == threads.StatusClosed:
		l.close(w.now)
	case to == threads.StatusSolved:
		w.solve(l, by)
	default:
		l.resume(to)
		if l.session == threads.SessionEnded {
			l.listen(w.now)
		}
	}
	return ""
}

func (w *world) solve(l *life, by threads.AgentID) {
	if l.status == threads.StatusSolved {
		return
	}
	if l.assignee == "" {
		l.assignee = by
	}
	if !l.own && l.style.Name == w.style.Name {
		l.style = w.style
	}
	l.status, l.solved = threads.StatusSolved, w.now
	w.count(l)
}

// choose is somebody who chooses a style for the conversation.
func (w *world) choose(l *life, s threads.Style) threads.RefusalCode {
	if l.status == threads.StatusClosed {
		return threads.RefusedClosed
	}
	l.style, l.own = s, true
	if l.status == threads.StatusSolved {
		w.count(l)
	}
	return ""
}

// count begins the countdown from the latest solve.
func (w *world) count(l *life) {
	c := &l.style.Close
	if c.Clock == threads.ClockBusiness && !w.office {
		c.Clock, c.ScheduleID = threads.ClockElapsed, ""
	}
	l.due = l.solved.Add(c.After)
	if c.Clock == threads.ClockBusiness && c.After > 0 {
		l.due = inOffice(l.solved, c.After)
	}
	if latest := l.solved.Add(672 * time.Hour); l.due.After(latest) {
		l.due = latest
	}
	if !l.due.After(w.now) {
		l.close(w.now)
	}
}

// inOffice adds time to a moment of which only 09:00 to 17:00 UTC counts.
func inOffice(t time.Time, left time.Duration) time.Time {
	for {
		midnight := t.Truncate(24 * time.Hour)
		opens, closes := midnight.Add(9*time.Hour), midnight.Add(17*time.Hour)
		if t.Before(opens) {
			t = opens
		}
		if t.Before(closes) && left <= closes.Sub(t) {
			return t.Add(left)
		}
		left -= max(closes.Sub(t), 0)
		t = midnight.Add(24 * time.Hour)
	}
}

// sweep closes what has run out, save what a webhook accepted before it ran
// out, and not yet worked, may still reopen.
func (w *world) sweep(waiting time.Time) {
	for _, list := range w.lives {
		l := list[len(list)-1]
		if l.status == threads.StatusSolved && !l.due.After(w.now) && (waiting.IsZero() || !waiting.Before(l.due)) {
			l.close(l.due)
		}
	}
}

func (l *life) close(at time.Time) {
	l.status, l.due, l.closed, l.silent = threads.StatusClosed, time.Time{}, at, time.Time{}
}

// patience is how long a customer is silent before the session is inactive.
const patience = 10 * time.Minute

// listen makes the session active, of a customer heard at the given time.
func (l *life) listen(from time.Time) {
	l.session, l.endedAt, l.silent = threads.SessionActive, time.Time{}, from.Add(patience)
}

// end ends the session.
func (l *life) end(now time.Time) {
	if l.status != threads.StatusClosed && l.session != threads.SessionEnded {
		l.session, l.endedAt, l.silent = threads.SessionEnded, now, time.Time{}
	}
}

// afterEnd tells whether a message was accepted after the session had ended.
func (l *life) afterEnd(accepted time.Time) bool {
	return l.session == threads.SessionEnded && !accepted.Before(l.endedAt)
}

// silence is what follows from not hearing anything, save where a webhook waits
// that was accepted before.
func (w *world) silence(waiting time.Time) {
	for _, list := range w.lives {
		l := list[len(list)-1]
		if !l.silent.IsZero() && !l.silent.After(w.now) && (waiting.IsZero() || !waiting.Before(l.silent)) {
			l.session, l.silent = threads.SessionInactive, time.Time{}
		}
	}
}

// resume ends a solve, and a close.
func (l *life) resume(to threads.Status) {
	l.status, l.solved, l.due, l.closed = to, time.Time{}, time.Time{}, time.Time{}
}
