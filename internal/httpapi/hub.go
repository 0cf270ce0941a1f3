package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"threadhub/api"
	"threadhub/internal/settings"
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
		change.DefaultStyle, err = s.styleOf(c.Request.Context(), "default_style", in.DefaultStyle)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerSettings(c)(s.Settings.Update(c.Request.Context(), change))
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
