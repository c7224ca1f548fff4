package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-analyze/charts"

	"github.com/pr-evaluations/reschedule/bench/simulate/model"
)

// look is how a picture looks on a page.
type look struct {
	suffix     string
	background charts.Color
	text, line charts.Color
}

// looks are GitHub's light and dark pages, so that the picture has no edge there.
func looks() []look {
	return []look{
		{"light", charts.ParseColor("#ffffff"), charts.ParseColor("#1f2328"), charts.ParseColor("#d1d9e0")},
		{"dark", charts.ParseColor("#0d1117"), charts.ParseColor("#f0f6fc"), charts.ParseColor("#3d444d")},
	}
}

// colors tell apart on both pages, and for those who do not see red or green (Okabe and Ito).
func colors() []charts.Color {
	return []charts.Color{
		charts.ParseColor("#d55e00"), charts.ParseColor("#e69f00"), charts.ParseColor("#999999"), charts.ParseColor("#3b8fd4"), charts.ParseColor("#009e73"),
	}
}

func (l look) theme(series []charts.Color) charts.ColorPalette {
	return charts.MakeTheme(charts.ThemeOption{
		IsDarkMode: l.suffix == "dark", AxisStrokeColor: l.line, AxisSplitLineColor: l.line, BackgroundColor: l.background,
		TextColor: l.text, SeriesColors: series,
	})
}

// drawn are the strategies of the pictures, in their order.
func drawn() []string { return []string{builtIn, script, everyPush, window(0), auto} }

// draw draws what came of the load that is pictured: SVG for both kinds of pages, PNG for the Marketplace, which takes no SVG.
func draw(folder string, strategies []model.Strategy, results []model.Result) error {
	var names []string
	var chosen []model.Result
	for _, name := range drawn() {
		i := slices.IndexFunc(strategies, func(s model.Strategy) bool { return s.Name == name })
		if i < 0 {
			return fmt.Errorf("draw: there is no strategy %q", name)
		}
		names, chosen = append(names, name), append(chosen, results[i])
	}
	for _, l := range looks() {
		for _, picture := range []struct {
			name string
			draw func(*charts.Painter, look, []string, []model.Result) error
		}{{"waiting", drawWaiting}, {"price", drawPrice}} {
			formats := []string{charts.ChartOutputSVG}
			if l.suffix == "light" {
				formats = append(formats, charts.ChartOutputPNG)
			}
			for _, format := range formats {
				p := charts.NewPainter(charts.PainterOptions{OutputFormat: format, Width: 840, Height: 380})
				if err := picture.draw(p, l, names, chosen); err != nil {
					return fmt.Errorf("draw %s: %w", picture.name, err)
				}
				data, err := p.Bytes()
				if err != nil {
					return fmt.Errorf("draw %s: %w", picture.name, err)
				}
				if format == charts.ChartOutputSVG { // what a page has that lacks the library's font
					data = []byte(strings.ReplaceAll(string(data), "'Roboto Medium',sans-serif", "Roboto,'Helvetica Neue',Arial,sans-serif"))
				}
				if err := os.WriteFile(filepath.Join(folder, picture.name+"-"+l.suffix+"."+format), data, 0o644); err != nil { //nolint:gosec // pictures of pages, which everybody may read
					return err
				}
			}
		}
	}
	return nil
}

// spaced leaves room behind each name: a page may show it in a wider font than the one that it is measured with.
func spaced(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, name+"      ")
	}
	return all
}

func title(text string) charts.TitleOption {
	t := charts.TitleOption{Text: text + " (simulated: 30 a day, 16 agents)"}
	t.FontStyle.FontSize = 13
	return t
}

// drawWaiting draws how many pull requests wait for machines, hour by hour.
func drawWaiting(p *charts.Painter, l look, names []string, results []model.Result) error {
	values := make([][]float64, len(results))
	for i, r := range results {
		for _, n := range r.Backlog {
			values[i] = append(values[i], float64(n)/float64(r.Seeds))
		}
	}
	o := charts.NewLineChartOptionWithData(values)
	o.Theme = l.theme(colors())
	o.Title = title("Pull requests that wait for a build or a merge")
	o.Legend.SeriesNames = spaced(names)
	o.Legend.Offset = charts.OffsetStr{Top: "32"}
	o.Symbol.Shape = charts.SymbolNone
	o.LineStrokeWidth = 2
	days := make([]string, len(values[0]))
	for i := range days {
		days[i] = fmt.Sprintf("day %d", i/24)
	}
	o.XAxis.Labels = days
	o.XAxis.LabelCount = len(days) / 24
	return p.LineChart(o)
}

// drawPrice draws the agent hours that a merge costs.
func drawPrice(p *charts.Painter, l look, names []string, results []model.Result) error {
	values, most := make([]float64, len(results)), 0.0
	for i, r := range results {
		values[len(results)-1-i] = r.AgentHoursPerMerge()
		most = max(most, r.AgentHoursPerMerge())
	}
	names = spaced(names)
	slices.Reverse(names)
	o := charts.NewBarChartOptionWithData([][]float64{values})
	o.Horizontal = true
	o.Theme = l.theme(colors()[4:])
	o.Title = title("Agent hours for each merged pull request")
	o.CategoryAxis.Labels = names
	o.SeriesList[0].Label.Show = new(true)
	tens := int(most/10) + 1 // with room for the longest bar's label
	o.ValueAxis = []charts.ValueAxisOption{{Min: new(0.0), Max: new(float64(10 * tens)), LabelCount: tens + 1}}
	o.ValueFormatter = func(f float64) string { return fmt.Sprintf("%.1f", f) }
	return p.BarChart(o)
}
