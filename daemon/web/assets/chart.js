// Draws the charts of a page with uPlot. Each figure names the address of its data, which
// is fetched when the figure comes into view. Without this script, the page has tables.
(() => {
	"use strict";
	const answers = new Map(); // by address: figures of one block share theirs
	const load = (address) => {
		if (!answers.has(address)) {
			answers.set(address, fetch(address, { credentials: "same-origin", redirect: "error" }).then((r) => {
				if (!r.ok) throw new Error(r.status);
				return r.json();
			}));
			answers.get(address).catch(() => answers.delete(address)); // to be asked again
		}
		return answers.get(address);
	};

	const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#888";
	const short = (v) => String(+v.toPrecision(4));
	const scale = (v, base, units) => {
		let n = 0;
		while (Math.abs(v) >= base && n < units.length - 1) { v /= base; n++; }
		return short(v) + " " + units[n];
	};
	const formats = {
		milliseconds: (v) => (Math.abs(v) < 1000 ? short(v) + " ms" : short(v / 1000) + " s"),
		bytes: (v) => scale(v, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]),
		percent: (v) => short(v) + " %",
		count: short,
	};

	// Marks the steps in which the target was down, by the part of the step.
	const downtime = (down) => (u) => {
		const { ctx, bbox } = u;
		ctx.save();
		ctx.fillStyle = colour("--bad-fill");
		const width = bbox.width / Math.max(1, down.length - 1);
		down.forEach((part, n) => {
			if (part > 0) {
				const tall = Math.max(4, bbox.height * 0.12 * part);
				ctx.fillRect(bbox.left + (n - 0.5) * width, bbox.top + bbox.height - tall, Math.max(2, width), tall);
			}
		});
		ctx.restore();
	};

	// Days, hours and minutes in UTC, as in the tables.
	const moment = (t, from, to) => new Date(t * 1000).toISOString().slice(from, to).replace("T", " ");
	const moments = (u, all, axis, space, step) => all.map((t) => (step >= 86400 || t % 86400 === 0 ? moment(t, 5, 10) : moment(t, 11, 16)));

	// A value without neighbours is no line: it is shown as a point.
	const lone = (values) => values.flatMap((v, n) => (v != null && values[n - 1] == null && values[n + 1] == null ? [n] : []));

	// Checks that run less often than a step are joined: most of the gaps are only between two runs.
	const sparse = (values) => {
		const at = values.flatMap((v, n) => (v == null ? [] : [n]));
		return at.filter((n, k) => k > 0 && n - at[k - 1] > 1).length * 4 > at.length;
	};

	const options = (d, line, width, compact) => {
		const format = Object.hasOwn(formats, d.unit) ? formats[d.unit] : (v) => short(v) + " " + d.unit; // a unit may be any text
		const shown = (u, v) => (v == null ? "–" : format(v));
		const axis = { stroke: colour("--dim"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
		const spanGaps = sparse(line.mean);
		const bound = (label) => ({ label, spanGaps, stroke: "transparent", width: 0, points: { show: false }, value: shown });
		const points = lone(line.mean);
		return {
			width, height: compact ? 140 : 240, tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "Etc/UTC"),
			cursor: { drag: { x: false, y: false } },
			scales: { y: { range: (u, low, high) => (low == null ? [0, 1] : uPlot.rangeNum(Math.min(0, low), high === low ? high + 1 : high, 0.1, true)) } },
			axes: [{ ...axis, values: moments }, { ...axis, size: 76, values: (u, all) => all.map(format) }],
			series: [
				{ label: "UTC", value: (u, t) => (t == null ? "–" : moment(t, 0, 16)) },
				bound("Min"), bound("Max"),
				{ label: "Mean", spanGaps, stroke: colour("--link"), width: 1.5, value: shown, points: { show: points.length > 0, size: 5, fill: colour("--link"), filter: () => points } },
			],
			bands: [{ series: [2, 1], fill: colour("--line") }],
			hooks: line.down ? { draw: [downtime(line.down)] } : {},
		};
	};

	const drawn = new Map(); // what ends the chart of a figure
	const end = (figure) => {
		drawn.get(figure)?.();
		drawn.delete(figure);
	};
	const draw = async (figure) => {
		const plot = figure.querySelector(".plot");
		try {
			const d = await load(figure.dataset.chart);
			const line = d.series.find((s) => s.name === figure.dataset.series);
			if (!line || !line.mean.some((v) => v != null)) {
				plot.textContent = "Nothing is stored for this period.";
				return;
			}
			if (!figure.isConnected) return; // the page was replaced meanwhile
			const times = line.mean.map((_, n) => d.from + n * d.step);
			const compact = figure.parentElement.classList.contains("charts");
			plot.textContent = "";
			plot.setAttribute("aria-hidden", "true"); // the page has the figures as a table
			const u = new uPlot(options(d, line, plot.clientWidth || 320, compact), [times, line.min, line.max, line.mean], plot);
			const sizes = new ResizeObserver(() => u.setSize({ width: plot.clientWidth || 320, height: u.height }));
			sizes.observe(plot);
			drawn.set(figure, () => { sizes.disconnect(); u.destroy(); });
		} catch {
			plot.textContent = "The chart could not be loaded. Reload the page to try again.";
		}
	};

	const seen = new IntersectionObserver((entries) => {
		for (const e of entries) {
			if (e.isIntersecting) {
				seen.unobserve(e.target);
				draw(e.target);
			}
		}
	}, { rootMargin: "200px" });
	const find = () => document.querySelectorAll("figure[data-chart]").forEach((f) => seen.observe(f));
	find();
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => [...drawn.keys()].forEach((f) => { end(f); draw(f); }));
	// app.js replaces the page when a status changes.
	new MutationObserver((changes) => {
		if (changes.some((c) => [...c.addedNodes].some((n) => n.id === "main"))) {
			answers.clear();
			[...drawn.keys()].filter((f) => !f.isConnected).forEach(end);
			find();
		}
	}).observe(document.body, { childList: true });
})();
