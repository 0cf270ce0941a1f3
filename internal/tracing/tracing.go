// Package tracing sends traces to a collector, if there is one: one trace for
// each webhook, from its arrival through the journal into its conversation, to
// the replies that follow and the calls that carry them to the platform.
//
// Between processes and across restarts a trace is carried as text, in the form
// of the header traceparent (https://www.w3.org/TR/trace-context/), beside the
// webhook in the journal and beside the message. Spans hold ids, kinds and
// outcomes, and nothing that a customer or an agent wrote.
//
// A nil *Tracer traces nothing and costs a comparison.
package tracing

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Header is the header that carries a trace, in the canonical form.
const Header = "Traceparent"

// exportTime bounds the sending of one batch. It is not tried again: the end of
// the hub must not wait for a collector.
const exportTime = 5 * time.Second

// Options of a tracer.
type Options struct {
	// Endpoint is the collector's address for OTLP over HTTP, such as
	// http://127.0.0.1:4318; "" for no tracing.
	Endpoint string
	// Share is how many of the traces that begin here are recorded, 0 to 1. One
	// that began elsewhere is recorded if its beginning was.
	Share         float64
	Version, Role string
	Logger        *slog.Logger
}

// Tracer makes spans. It is safe for concurrent use.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	carrier  propagation.TraceContext
}

// Open begins to send spans, in the background and in batches; a collector that
// is away costs spans and nothing else. Without an endpoint it answers nil.
func Open(ctx context.Context, o Options) (*Tracer, error) {
	if o.Endpoint == "" {
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(o.Endpoint), otlptracehttp.WithTimeout(exportTime),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{}))
	if err != nil {
		return nil, fmt.Errorf("open tracing: %w", err)
	}
	about := resource.NewSchemaless(
		attribute.String("service.name", "threadhub"), attribute.String("service.version", o.Version), attribute.String("threadhub.role", o.Role))
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(quiet{exporter, o.Logger}), sdk.WithResource(about), sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Share))))
	return &Tracer{provider: provider, tracer: provider.Tracer("threadhub")}, nil
}

// quiet logs what could not be sent: the library would print it.
type quiet struct {
	sdk.SpanExporter
	logger *slog.Logger
}

// ExportSpans implements [sdk.SpanExporter].
func (q quiet) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := q.SpanExporter.ExportSpans(ctx, spans); err != nil {
		q.logger.DebugContext(ctx, "spans were not sent", "spans", len(spans), "error", err)
	}
	return nil
}

// Close sends what is left, at most until ctx ends.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("close tracing: %w", err)
	}
	return nil
}

// From answers ctx as a part of the trace that text carries; ctx itself when
// that is no trace.
func (t *Tracer) From(ctx context.Context, text string) context.Context {
	if t == nil || text == "" {
		return ctx
	}
	return t.carrier.Extract(ctx, propagation.MapCarrier{"traceparent": text})
}

// Carry is the trace that ctx is a part of, as text; "" when there is none that
// is recorded.
func (t *Tracer) Carry(ctx context.Context) string {
	if t == nil || !trace.SpanContextFromContext(ctx).IsSampled() {
		return ""
	}
	into := propagation.MapCarrier{}
	t.carrier.Inject(ctx, into)
	return into["traceparent"]
}

// Span is a step of a trace. The zero value is one that nobody records.
type Span struct{ span trace.Span }

// Start begins a step. attributes are names and values in turn.
func (t *Tracer) Start(ctx context.Context, name string, attributes ...string) (context.Context, Span) {
	return t.Since(ctx, time.Time{}, name, attributes...)
}

// Since begins a step that began at an earlier time; zero is now.
func (t *Tracer) Since(ctx context.Context, began time.Time, name string, attributes ...string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	options := []trace.SpanStartOption{trace.WithAttributes(pairs(attributes)...)}
	if !began.IsZero() {
		options = append(options, trace.WithTimestamp(began))
	}
	ctx, span := t.tracer.Start(ctx, name, options...)
	return ctx, Span{span}
}

func pairs(attributes []string) []attribute.KeyValue {
	list := make([]attribute.KeyValue, 0, len(attributes)/2)
	for i := 0; i+1 < len(attributes); i += 2 {
		list = append(list, attribute.String(attributes[i], attributes[i+1]))
	}
	return list
}

// Note adds attributes, names and values in turn.
func (s Span) Note(attributes ...string) {
	if s.span != nil {
		s.span.SetAttributes(pairs(attributes)...)
	}
}

// End ends the step. failed, unless it is "", says why it failed: a word of a
// closed set, never a text from outside.
func (s Span) End(failed string) {
	if s.span == nil {
		return
	}
	if failed != "" {
		s.span.SetStatus(codes.Error, failed)
	}
	s.span.End()
}
