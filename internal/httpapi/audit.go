package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/audit"
	"threadhub/internal/auth"
)

// Audit is the log of what people changed; audit.Store is.
type Audit interface {
	Entries(ctx context.Context, f audit.Filter, after string, limit int) (list []audit.Entry, next string, err error)
	Note(ctx context.Context, t *audit.Trail) error
}

// noteTime bounds the line for something that is done already.
const noteTime = 5 * time.Second

// audited puts what the request changes on its caller's account.
func (s *server) audited(c *gin.Context) {
	op := s.operation(c)
	if op.method == http.MethodGet && !op.open { // a sign-in comes as a GET too
		c.Next()
		return
	}
	trail := audit.NewTrail(audit.Entry{
		Actor: actorOf(c, op), Address: c.ClientIP(), RequestID: c.GetString(keyRequestID), Action: op.id, Target: target(c),
	})
	c.Request = c.Request.WithContext(audit.With(c.Request.Context(), trail))
	c.Next()
	if !op.access.admins() || c.Writer.Status() >= http.StatusBadRequest {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), noteTime)
	defer cancel()
	if err := s.Audit.Note(ctx, trail); err != nil {
		s.Logger.ErrorContext(ctx, "the audit log lacks what an admin did", "operation", operationName(c), "request_id", c.GetString(keyRequestID), "error", err)
	}
}

func actorOf(c *gin.Context, op *operation) audit.Actor {
	if op.access.public {
		return audit.Actor{Type: audit.ActorVisitor}
	}
	return actorFor(caller(c))
}

func actorFor(p auth.Principal) audit.Actor {
	a := audit.Actor{Type: audit.ActorToken, ID: p.TokenID, Name: p.Name, Agent: string(p.AgentID)}
	if p.Session != "" {
		a.Type = audit.ActorSession
	}
	return a
}

// target is the id that the request names.
func target(c *gin.Context) string {
	if len(c.Params) == 0 {
		return ""
	}
	return c.Params[0].Value
}

// ListAudit implements GET /v1/audit.
func (s *server) ListAudit(c *gin.Context, params api.ListAuditParams) {
	if !s.unlimited(c) {
		return
	}
	after := value(params.Cursor)
	if after != "" && !plain(after, maxID) {
		s.refuse(c, invalid(fieldError{"cursor", "is not one that this list has handed out"}))
		return
	}
	f := audit.Filter{
		Actor: value(params.ActorID), Action: value(params.Action), Kind: value(params.Record), ID: value(params.RecordID),
		From: value(params.From).UTC(), To: value(params.To).UTC(),
	}
	list, next, err := s.Audit.Entries(c.Request.Context(), f, after, limitOf(params.Limit))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.AuditList{Data: convert(list, s.auditView), NextCursor: nextCursor(next)})
}

func (s *server) auditView(e audit.Entry) api.AuditEntry {
	v := api.AuditEntry{
		ID: e.ID, At: timeView(e.At), Address: orNull(e.Address), RequestID: orNull(e.RequestID), Action: e.Action,
		Summary: s.contract.summary(e.Action), Target: orNull(e.Target), Outcome: api.AuditEntryOutcome(e.Outcome()),
		Changes: convert(e.Changes, changeView),
	}
	v.Actor.Type = api.AuditEntryActorType(e.Actor.Type)
	v.Actor.ID, v.Actor.Name, v.Actor.AgentID = orNull(e.Actor.ID), orNull(e.Actor.Name), orNull(e.Actor.Agent)
	return v
}

func changeView(c audit.Change) api.AuditChange {
	v := api.AuditChange{Record: c.Kind, ID: c.ID, Verb: api.AuditChangeVerb(c.Verb), Before: c.Before, After: c.After}
	if v.Before == nil {
		v.Before = map[string]any{}
	}
	if v.After == nil {
		v.After = map[string]any{}
	}
	return v
}

// summary says in words what an operation does; the name itself for one that is
// no longer there, or was done on the host.
func (c *contract) summary(id string) string {
	for _, op := range c.operations {
		if op.id == id {
			return op.summary
		}
	}
	return id
}
