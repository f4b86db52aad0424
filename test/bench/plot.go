package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// colours of the contenders but ours, which is the line that the others are compared with.
var colours = map[string]string{
	stockTitle: "#8c8c8c", "bind": "#1f77b4", "knot": "#d95f02", "nsd": "#2a9d55", whoamiTitle: "#b8a2d6",
}

// The plot's measures in pixels.
const (
	plotLeft  = 400 // of the labels
	plotWidth = 520
	plotBar   = 9
	plotGap   = 10
	plotTop   = 64
)

// plot draws, as SVG, what every other contender needs for each figure as a multiple of ours, on a logarithmic
// scale: a bar to the right needs more, a bar to the left less.
func (r *results) plot() string {
	rows := r.rows()
	low, high := decades(rows)
	x := func(ratio float64) float64 {
		return plotLeft + plotWidth*(math.Log10(ratio)-low)/(high-low)
	}
	var bars strings.Builder
	y := plotTop
	for _, row := range rows {
		middle := y + len(row.bars)*plotBar/2
		fmt.Fprintf(&bars, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", plotLeft-8, middle+4, html.EscapeString(row.label))
		for _, o := range row.bars {
			from, to := min(x(1), x(o.ratio)), max(x(1), x(o.ratio))
			fmt.Fprintf(&bars, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"><title>%s: %s</title></rect>`+"\n",
				from, y, max(to-from, 0.5), plotBar-1, colours[o.name], o.name, html.EscapeString(o.text))
			y += plotBar
		}
		y += plotGap
	}
	var p strings.Builder
	fmt.Fprintf(&p, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		plotLeft+plotWidth+40, y+10)
	p.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	r.legend(&p)
	for e := math.Ceil(low); e <= math.Floor(high); e++ {
		drawLine(&p, x(math.Pow(10, e)), y, math.Pow(10, e))
	}
	return p.String() + bars.String() + "</svg>\n"
}

// A row is a figure of the plot.
type row struct {
	label string
	bars  []bar
}

// A bar is what another contender has.
type bar struct {
	name, text string
	ratio      float64 // of its cost to ours
}

func (r *results) rows() (list []row) {
	for _, f := range r.figures {
		ours, ok := r.value(f, oursTitle)
		if !ok || ours <= 0 || f.plain {
			continue
		}
		row := row{label: fmt.Sprintf("%s (%s)", f.title, f.unit.text(ours))}
		for _, c := range r.contenders {
			v, ok := r.value(f, c)
			if !ok || v <= 0 || c == oursTitle {
				continue
			}
			ratio := v / ours
			if f.unit.moreIsBetter() {
				ratio = 1 / ratio
			}
			row.bars = append(row.bars, bar{c, f.unit.text(v), ratio})
		}
		if len(row.bars) > 0 {
			list = append(list, row)
		}
	}
	return list
}

// decades are the bounds of the scale, as powers of ten.
func decades(rows []row) (low, high float64) {
	low, high = -0.5, 1
	for _, row := range rows {
		for _, b := range row.bars {
			low, high = min(low, math.Log10(b.ratio)-0.1), max(high, math.Log10(b.ratio)+0.1)
		}
	}
	return low, high
}

func (r *results) legend(p *strings.Builder) {
	fmt.Fprintf(p, `<text x="%d" y="18" font-weight="bold">What others need, as a multiple of ours (in brackets)</text>`+"\n", plotLeft)
	x := plotLeft
	for _, c := range r.contenders {
		if c == oursTitle {
			continue
		}
		fmt.Fprintf(p, `<rect x="%d" y="27" width="10" height="10" fill="%s"/><text x="%d" y="36">%s</text>`+"\n", x, colours[c], x+14, c)
		x += 80
	}
}

func drawLine(p *strings.Builder, x float64, bottom int, value float64) {
	colour := "#dddddd"
	if value == 1 {
		colour = "#000000"
	}
	fmt.Fprintf(p, `<line x1="%[1]f" y1="%[2]d" x2="%[1]f" y2="%[3]d" stroke="%[4]s"/><text x="%[1]f" y="%[5]d" text-anchor="middle">%[6]g×</text>`+"\n",
		x, plotTop-6, bottom, colour, plotTop-10, value)
}
