package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report prints the table, and writes it, the plot and the raw values.
func (b *bench) report() error {
	order := strings.Split(everybody, ",")
	for _, c := range b.results.contenders {
		if !slices.Contains(order, c) {
			order = append(order, c)
		}
	}
	there := b.results.contenders
	b.results.contenders = slices.DeleteFunc(order, func(c string) bool { return !slices.Contains(there, c) })
	table := b.table()
	fmt.Print(table)
	if b.options.out == "" {
		return nil
	}
	if err := os.MkdirAll(b.options.out, 0o755); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(b.raw(), "", "  ")
	if err != nil {
		return err
	}
	for name, text := range map[string]string{"bench.json": string(raw) + "\n", "bench.md": table, "bench.svg": b.results.plot()} {
		if err := os.WriteFile(filepath.Join(b.options.out, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// table is the results as Markdown.
func (b *bench) table() string {
	var x strings.Builder
	r := &b.results
	fmt.Fprintf(&x, "| measure |%s ours ÷ best other | goal | met |\n", cells(r.contenders))
	fmt.Fprintf(&x, "|---|%s---|---|---|\n", strings.Repeat("---|", len(r.contenders)))
	for _, f := range r.figures {
		values := make([]string, len(r.contenders))
		for i, c := range r.contenders {
			values[i] = "–"
			if v, ok := r.value(f, c); ok {
				values[i] = f.unit.text(v)
			}
		}
		fmt.Fprintf(&x, "| %s |%s %s | %s | %s |\n", f.title, cells(values), r.ratio(f), f.goal.text(f.unit), r.verdict(f))
	}
	for _, f := range r.failures {
		fmt.Fprintf(&x, "\n%s has no %s: %s.\n", f.Contender, f.Measure, strings.Join(strings.Fields(f.Reason), " "))
	}
	fmt.Fprintf(&x, "\n%s\n", b.notes())
	return x.String()
}

func cells(list []string) string {
	var x strings.Builder
	for _, c := range list {
		fmt.Fprintf(&x, " %s |", c)
	}
	return x.String()
}

// ratio compares ours with the best of the others that are secondaries.
func (r *results) ratio(f figure) string {
	best, who := 0.0, ""
	for _, c := range strings.Split(everybody, ",")[1:] {
		v, ok := r.value(f, c)
		if ok && (who == "" || (v < best) != f.unit.moreIsBetter()) {
			best, who = v, c
		}
	}
	ours, ok := r.value(f, oursTitle)
	if !ok || best == 0 {
		return ""
	}
	return fmt.Sprintf("%.2g (%s)", ours/best, who)
}

// verdict says whether ours has met the goal, and if not, how far off it is.
func (r *results) verdict(f figure) string {
	limit, known := r.limit(f)
	ours, ok := r.value(f, oursTitle)
	switch {
	case !known || !ok:
		return ""
	case ours <= limit:
		return "yes"
	}
	return fmt.Sprintf("no, %.2f×", ours/limit)
}

// notes are what one must know to read the table.
func (b *bench) notes() string {
	o := b.options
	same := "ours and stock are the same binary with another plugin in the Corefile"
	if b.ours != b.stock {
		same = "ours and stock are different binaries"
	}
	return fmt.Sprintf(`%s, %d × %s, load %s before and %s after. %s; %s.
%d records, %d zones (TLD: %d records; very many: %d zones); medians of %d rounds, of %d changes; %d queries/s.
Goals are for the sizes that are the defaults. The primary is a part of this program: it sends what it made before.
Memory is settled: RSS after two forced garbage collections, when it no longer changes. Of it, what the kernel maps of
the program's file is there once however large the zone.`,
		b.begun.Format(time.DateTime), runtime.NumCPU(), processor(), b.load, loadAverage(),
		strings.Join(b.versions(), ", "), same,
		o.records, o.zones, o.tld, o.many, o.rounds, o.changes, o.rate)
}

// raw is what bench.json holds.
func (b *bench) raw() any {
	type line struct {
		Measure, Title, Unit string
		Values               map[string][]float64
	}
	lines := []line{}
	for _, f := range b.results.figures {
		lines = append(lines, line{f.measure, f.title, f.unit.String(), b.results.values[f]})
	}
	o := b.options
	return map[string]any{
		"begun": b.begun, "ended": time.Now(), "cpus": runtime.NumCPU(), "load": []string{b.load, loadAverage()},
		"options": map[string]int{
			"records": o.records, "zones": o.zones, "tld": o.tld, "many": o.many, "rounds": o.rounds,
			"changes": o.changes, "rate": o.rate, "seconds": o.seconds,
		},
		"processor": processor(), "versions": b.versions(), "failures": b.results.failures,
		"same_binary": b.ours == b.stock,
		"figures":     lines,
	}
}
