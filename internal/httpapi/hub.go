package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/settings"
	"threadhub/threads"
)

// GetSettings implements GET /v1/settings.
func (s *server) GetSettings(c *gin.Context) {
	s.answerSettings(c)(s.Settings.Get(c.Request.Context()))
}

func (s *server) answerSettings(c *gin.Context) func(settings.Settings, error) {
	return func(v settings.Settings, err error) {
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerVersioned(c, http.StatusOK, v.Version, settingsView(v))
	}
}

// UpdateSettings implements PATCH /v1/settings.
func (s *server) UpdateSettings(c *gin.Context, params api.UpdateSettingsParams) {
	var in api.SettingsChange
	if !s.decode(c, &in) {
		return
	}
	var change settings.Change
	var err error
	if change.IfVersion, err = expected(in.Version, params.IfMatch); err == nil {
		change, err = s.settingsChange(c.Request.Context(), in, change)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	set, err := s.Settings.Update(c.Request.Context(), change)
	var wrong *threads.FieldError
	if errors.As(err, &wrong) {
		err = invalid(fieldError{"routing." + wrong.Field, wrong.Message})
	}
	err = retentionError(err)
	if err == nil && s.Rerouted != nil {
		s.Rerouted()
	}
	s.answerSettings(c)(set, err)
}

// settingsChange reads what is to change.
func (s *server) settingsChange(ctx context.Context, in api.SettingsChange, change settings.Change) (settings.Change, error) {
	for i, d := range value(in.Styles) {
		field := "styles[" + strconv.Itoa(i) + "]"
		base, _ := threads.DefaultStyle(threads.StyleName(d.Name))
		style, err := s.styleOver(ctx, field, d, base)
		if err != nil {
			return change, err
		}
		if slices.ContainsFunc(change.Styles, func(o threads.Style) bool { return o.Name == style.Name }) {
			return change, invalid(fieldError{field + ".name", "is there twice: name each style once"})
		}
		change.Styles = append(change.Styles, style)
	}
	if in.InactiveAfter != nil {
		after, err := readDuration("inactive_after", *in.InactiveAfter)
		if err != nil {
			return change, err
		}
		if err := threads.ValidateInactiveAfter(after); err != nil {
			return change, invalid(fieldError{"inactive_after", err.Error()})
		}
		change.InactiveAfter = &after
	}
	if in.Routing != nil {
		change.CountInactive = in.Routing.CountInactive
		var err error
		if change.Routing, err = routingChange(*in.Routing); err != nil {
			return change, err
		}
	}
	var err error
	if change.Retention, err = retentionChange(in.Retention); err != nil {
		return change, err
	}
	change.DefaultStyle, err = s.styleOf(ctx, "default_style", in.DefaultStyle)
	return change, err
}

// GetHealth implements GET /healthz.
func (s *server) GetHealth(c *gin.Context) {
	s.answer(c, http.StatusOK, api.Health{Status: api.HealthStatusOk})
}

// GetReadiness implements GET /readyz. What exactly is wrong goes to the log:
// anybody may call this.
func (s *server) GetReadiness(c *gin.Context) {
	ctx := c.Request.Context()
	out := api.Readiness{Status: api.ReadinessStatusOk, Components: []api.ComponentState{}}
	status := http.StatusOK
	for _, component := range s.Ready(ctx) {
		if component.Err != nil {
			s.Logger.WarnContext(ctx, "component is not ready", "component", component.Name, "error", component.Err)
			out.Status, status = api.ReadinessStatusUnavailable, http.StatusServiceUnavailable
		}
		out.Components = append(out.Components, api.ComponentState{
			Name: component.Name, OK: component.Err == nil, Detail: orNull(component.Detail),
		})
	}
	s.answer(c, status, out)
}

// GetMetrics implements GET /metrics.
func (s *server) GetMetrics(c *gin.Context) { s.Metrics.ServeHTTP(c.Writer, c.Request) }

// GetOpenAPI implements GET /openapi.json.
func (s *server) GetOpenAPI(c *gin.Context) { c.Data(http.StatusOK, "application/json", s.document) }
