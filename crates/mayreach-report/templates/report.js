'use strict';
(() => {
  // Names come from manifests and may be hostile: this script makes text nodes of them, never markup.
  const data = JSON.parse(document.getElementById('data').textContent);
  const $ = (id) => document.getElementById(id);
  const size = data.workloads.length;
  const LAYERS = ['egress', 'ingress', 'mtls', 'jwt', 'authorization'];

  // === The tree: every node is a run of workloads ===

  const unrun = (runs) => {
    const out = new Uint32Array(size);
    let at = 0;
    for (let i = 0; i < runs.length; i += 2) {
      out.fill(runs[i], at, at + runs[i + 1]);
      at += runs[i + 1];
    }
    return out;
  };
  const lazily = (lists) => {
    const made = new Map();
    return (index) => {
      if (!made.has(index)) made.set(index, unrun(lists[index]));
      return made.get(index);
    };
  };
  const statusRow = lazily(data.status);
  const answerColumn = lazily(data.answer);
  const layerRuns = Object.fromEntries(LAYERS.map((name) => [name, lazily(data.layers[name])]));

  let ids = 0;
  const node = (name, level, first, last, children, group) =>
    ({ id: ids++, name, level, first, last, children, group });
  const root = node('all', 0, 0, size, [], null);
  data.groups.forEach((name, g) => root.children.push(node(name, 1, size, 0, [], g)));
  data.namespaces.forEach(([name, g]) => {
    const made = node(name, 2, size, 0, [], g);
    root.children[g].children.push(made);
    made.list = made;
  });
  const spaces = root.children.flatMap((group) => group.children);
  data.workloads.forEach(([name, n, kind], w) => {
    const space = spaces[n];
    const made = node(`${space.name}/${name}`, 3, w, w + 1, [], space.group);
    made.kind = kind;
    space.children.push(made);
    for (const up of [space, root.children[space.group]]) {
      up.first = Math.min(up.first, w);
      up.last = Math.max(up.last, w + 1);
    }
  });

  // What a node opens into: a level with a single member says nothing and is passed over.
  const opened = (one) => {
    let at = one;
    while (at.children.length === 1 && at.children[0].children.length > 0) at = at.children[0];
    return at.children.length > 0 ? at.children : [at];
  };

  // === What a cell says ===

  const STATUS = data.statuses;
  const byId = Object.fromEntries(STATUS.map((status, index) => [status.id, index]));
  const pairs = new Map();
  for (const pair of data.pairs) pairs.set(pair.from * data.groups.length + pair.to, pair);
  const pairOf = (r, c) =>
    r.level === 1 && c.level === 1 ? pairs.get(r.group * data.groups.length + c.group) : undefined;

  const memo = new Map();
  const counts = (r, c) => {
    const key = r.id * ids + c.id;
    let found = memo.get(key);
    if (!found) {
      found = new Uint32Array(STATUS.length);
      for (let from = r.first; from < r.last; from++) {
        const row = statusRow(from);
        for (let to = c.first; to < c.last; to++) found[row[to]]++;
      }
      if (memo.size < 300000) memo.set(key, found);
    }
    return found;
  };
  const none = byId.none;
  const answerOf = (r, c) => data.answers[answerColumn(c.first)[r.first]];
  const statusOf = (r, c) => {
    const pair = pairOf(r, c);
    if (pair) return byId[pair.status];
    if (r.level === 3 && c.level === 3) return statusRow(r.first)[c.first];
    const all = counts(r, c);
    let only = none;
    for (let s = 0; s < all.length; s++) {
      if (s === none || all[s] === 0) continue;
      if (only !== none) return byId.mixed;
      only = s;
    }
    return only;
  };

  // === State ===

  const trail = [{ row: root, col: root }];
  let cursor = { r: 0, c: 0 };
  let chosen = null;
  let listed = 100;
  const shown = new Set(STATUS.map((_, index) => index));
  let wanted = '';
  const view = () => trail[trail.length - 1];
  const rows = () => opened(view().row);
  const columns = () => opened(view().col);

  const matches = (one) => {
    if (wanted === '') return true;
    if (one.name.toLowerCase().includes(wanted)) return true;
    const own = data.groups[one.group];
    if (own !== undefined && own.toLowerCase().includes(wanted)) return true;
    return one.children.some(matches);
  };

  const make = (tag, text, attributes) => {
    const made = document.createElement(tag);
    if (text !== undefined && text !== null) made.textContent = text;
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    return made;
  };
  const swatch = (status) => {
    const made = make('span', status.sign, { class: `swatch s-${status.id}`, 'aria-hidden': 'true' });
    return made;
  };

  // === The picture ===

  const canvas = $('grid');
  const pen = canvas.getContext('2d');
  let place = { cell: 20, left: 0, top: 0 };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const draw = () => {
    const r = rows();
    const c = columns();
    const room = $('frame').clientWidth || 800;
    pen.font = '12px system-ui, sans-serif';
    const widest = (all) => Math.min(220, Math.ceil(Math.max(0, ...all.slice(0, 400).map((one) => pen.measureText(one.name).width))));
    let left = widest(r) + 14;
    let top = Math.ceil(widest(c) * 0.71) + 18;
    let cell = Math.floor((room - left - 60) / c.length);
    cell = Math.max(4, Math.min(36, cell));
    const named = cell >= 11;
    if (!named) {
      left = 8;
      top = 8;
      cell = Math.max(4, Math.min(36, Math.floor((room - left - 8) / c.length)));
    }
    place = { cell, left, top };
    const width = left + c.length * cell + (named ? top : 8);
    const height = top + r.length * cell + 8;
    const ratio = Math.min(window.devicePixelRatio || 1, 16384 / Math.max(width, height));
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const paint = STATUS.map((status) => colour(`--${status.id}`));
    const pale = STATUS.map((status) => ['deny', 'isolated', 'none'].includes(status.id));
    const [ink, faint, onPale, onDeep] = ['--ink', '--faint', '--on-pale', '--on-deep'].map(colour);
    const rowHit = r.map(matches);
    const colHit = c.map(matches);
    const gap = cell >= 9 ? 1 : 0;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    for (let y = 0; y < r.length; y++) {
      let start = 0;
      const at = (x) => {
        const status = statusOf(r[y], c[x]);
        if (status === none || !shown.has(status)) return -1;
        return rowHit[y] || colHit[x] ? status : status + 100;
      };
      let code = at(0);
      for (let x = 1; x <= c.length; x++) {
        const next = x < c.length ? at(x) : -2;
        if (next === code && gap === 0) continue;
        if (code >= 0) {
          const status = code % 100;
          pen.globalAlpha = code >= 100 ? 0.15 : 1;
          pen.fillStyle = paint[status];
          pen.fillRect(left + start * cell, top + y * cell, (x - start) * cell - gap, cell - gap);
          if (cell >= 14) {
            pen.fillStyle = pale[status] ? onPale : onDeep;
            pen.font = `600 ${Math.min(15, cell - 4)}px system-ui, sans-serif`;
            pen.fillText(STATUS[status].sign, left + start * cell + cell / 2, top + y * cell + cell / 2);
          }
        }
        start = x;
        code = next;
      }
    }
    pen.globalAlpha = 1;
    if (named) {
      pen.font = '12px system-ui, sans-serif';
      const fit = (name) => {
        let text = name;
        while (text.length > 1 && pen.measureText(text).width > 220) text = `${text.slice(0, -2)}…`;
        return text;
      };
      pen.textAlign = 'right';
      r.forEach((one, y) => {
        pen.fillStyle = rowHit[y] ? ink : faint;
        pen.fillText(fit(one.name), left - 8, top + y * cell + cell / 2);
      });
      pen.textAlign = 'left';
      c.forEach((one, x) => {
        pen.save();
        pen.translate(left + x * cell + cell / 2, top - 8);
        pen.rotate(-Math.PI / 4);
        pen.fillStyle = colHit[x] ? ink : faint;
        pen.fillText(fit(one.name), 0, 0);
        pen.restore();
      });
    }
    if (document.activeElement === canvas || chosen) {
      pen.strokeStyle = colour('--focus');
      pen.lineWidth = 3;
      pen.strokeRect(left + cursor.c * cell - 1, top + cursor.r * cell - 1, cell + 1, cell + 1);
    }
  };

  const under = (event) => {
    const box = canvas.getBoundingClientRect();
    const c = Math.floor((event.clientX - box.left - place.left) / place.cell);
    const r = Math.floor((event.clientY - box.top - place.top) / place.cell);
    return r >= 0 && c >= 0 && r < rows().length && c < columns().length ? { r, c } : null;
  };
  const sentence = (r, c) => {
    const from = r.name;
    const to = c.name;
    return `${from} → ${to}: ${STATUS[statusOf(r, c)].words}`;
  };

  // === Zoom ===

  const zoomIn = (r, c) => {
    if (r.level === 3 && c.level === 3) {
      choose(r, c);
      $('details').focus();
      return;
    }
    trail.push({ row: r, col: c });
    cursor = { r: 0, c: 0 };
    listed = 100;
    render();
    say();
  };
  const zoomTo = (depth) => {
    trail.length = depth + 1;
    cursor = { r: 0, c: 0 };
    listed = 100;
    render();
    say();
  };
  const say = () => {
    const r = rows()[cursor.r];
    const c = columns()[cursor.c];
    if (r && c) $('cell').textContent = sentence(r, c);
  };

  const crumbs = () => {
    const bar = $('crumbs');
    bar.replaceChildren();
    trail.forEach((step, depth) => {
      const name = depth === 0 ? 'all' : `${step.row.name} → ${step.col.name}`;
      if (depth > 0) bar.append(' › ');
      if (depth === trail.length - 1) {
        bar.append(make('span', name, { 'aria-current': 'location' }));
      } else {
        const back = make('button', name, { type: 'button', class: 'link' });
        back.addEventListener('click', () => zoomTo(depth));
        bar.append(back);
      }
    });
  };

  // === Details ===

  const copy = (text) => {
    const button = make('button', 'Copy', { type: 'button' });
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(button.previousElementSibling);
        button.textContent = 'Selected';
      }
    });
    return button;
  };
  const chain = (links) => {
    const list = make('ol', null, { class: 'chain' });
    for (const [layer, verdict, words, at] of links) {
      const sign = { allow: '✓', deny: '✗' }[verdict] || '?';
      const item = make('li', null, { class: verdict });
      item.append(make('span', `${sign} ${layer} `, { class: 'layer' }), words);
      if (at) item.append(make('span', at, { class: 'at' }));
      list.append(item);
    }
    return list;
  };
  const block = (title, text) => {
    if (!text) return [];
    return [make('h3', title), make('pre', text), copy(text)];
  };
  const quote = (word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

  const choose = (r, c) => {
    chosen = [r, c];
    const body = $('detail-body');
    body.replaceChildren();
    const status = STATUS[statusOf(r, c)];
    body.append(make('h3', `${r.name} → ${c.name}`));
    const line = make('p');
    line.append(swatch(status), status.words);
    body.append(line);
    const pair = pairOf(r, c);
    if (pair) {
      if (pair.why) body.append(make('p', pair.why));
      if (pair.example) body.append(make('h3', 'Counterexample'), make('p', pair.example));
      if (pair.chain && pair.chain.length > 0) body.append(chain(pair.chain));
      if (pair.more && pair.more.length > 0) {
        const more = make('ul');
        for (const line of pair.more) more.append(make('li', line));
        body.append(make('h3', 'Other ways through'), more);
      }
      if (pair.repro) {
        body.append(...block('As a request', pair.repro.curl));
        body.append(...block('As a question', pair.repro.check));
        body.append(...block('As a test', pair.repro.test));
      }
    }
    if (r.level === 3 && c.level === 3) {
      if (statusOf(r, c) === none) {
        body.append(make('p', 'A pod does not reach itself over the network.', { class: 'faint' }));
      } else {
        const answer = answerOf(r, c);
        const said = make('ul');
        for (const line of answer.lines) said.append(make('li', line));
        body.append(said);
        if (answer.shown) body.append(make('h3', `Such as ${answer.shown}`));
        body.append(chain(LAYERS.map((name) => {
          const list = name === 'egress' ? layerRuns[name](r.first) : layerRuns[name](c.first);
          return data.reasons[list[name === 'egress' ? c.first : r.first]];
        })));
        const ask = ['mayreach', 'explain', 'PATHS', '--from', r.name, '--to', answer.to ?? c.name];
        ask.push(...answer.ask);
        body.append(...block('The whole walk', ask.map(quote).join(' ')));
      }
    } else {
      const all = counts(r, c);
      const list = make('ul');
      STATUS.forEach((kind, s) => {
        if (s === none || all[s] === 0) return;
        const item = make('li');
        item.append(swatch(kind), `${all[s]} ${all[s] === 1 ? 'pair' : 'pairs'} of workloads: ${kind.words}`);
        list.append(item);
      });
      if (!list.hasChildNodes()) {
        draw();
        return;
      }
      body.append(make('h3', 'Among the workloads'), list);
      const go = make('button', 'Zoom in', { type: 'button' });
      go.addEventListener('click', () => { zoomIn(r, c); canvas.focus(); });
      body.append(go);
    }
    draw();
  };

  // === The list ===

  const list = () => {
    const r = rows();
    const c = columns();
    const buckets = STATUS.map(() => []);
    const totals = STATUS.map(() => 0);
    const colHit = c.map(matches);
    for (const from of r) {
      const hit = matches(from);
      for (let x = 0; x < c.length; x++) {
        if (!hit && !colHit[x]) continue;
        const status = statusOf(from, c[x]);
        if (status === none || !shown.has(status)) continue;
        totals[status]++;
        if (buckets[status].length < listed) buckets[status].push([from, c[x]]);
      }
    }
    const all = totals.reduce((sum, count) => sum + count, 0);
    const body = $('list');
    body.replaceChildren();
    let left = listed;
    buckets.forEach((bucket, s) => {
      for (const [from, to] of bucket.slice(0, left)) {
        const row = make('tr');
        const cell = make('td');
        const pick = make('button', from.name, { type: 'button', class: 'link', 'aria-label': sentence(from, to) });
        pick.addEventListener('click', () => {
          cursor = { r: rows().indexOf(from), c: columns().indexOf(to) };
          choose(from, to);
          $('details').focus();
        });
        cell.append(pick);
        const answer = make('td');
        answer.append(swatch(STATUS[s]), STATUS[s].words);
        row.append(cell, make('td', to.name), answer, make('td', why(from, to)));
        body.append(row);
      }
      left = Math.max(0, left - bucket.length);
    });
    const visible = Math.min(all, listed);
    $('list-count').textContent = all === 0 ? 'No pair is like that.' : `${visible} of ${all} pairs, the most open first.`;
    $('more').hidden = all <= listed;
  };
  const why = (r, c) => {
    const pair = pairOf(r, c);
    if (pair) return pair.why || '';
    if (r.level === 3 && c.level === 3) return answerOf(r, c).lines.join('; ');
    const all = counts(r, c);
    return STATUS.map((kind, s) => (s !== none && all[s] > 0 ? `${all[s]} ${kind.words}` : null)).filter(Boolean).join(', ');
  };

  // === Filters ===

  const present = new Set(data.pairs.map((pair) => byId[pair.status]));
  for (const runs of data.status) for (let i = 0; i < runs.length; i += 2) if (runs[i] !== none) present.add(runs[i]);
  if (present.size > 1) present.add(byId.mixed);
  STATUS.forEach((status, index) => {
    if (!present.has(index)) return;
    const label = make('label');
    const box = make('input', null, { type: 'checkbox', checked: '', value: status.id });
    box.checked = true;
    box.addEventListener('change', () => {
      if (box.checked) shown.add(index); else shown.delete(index);
      listed = 100;
      render();
    });
    label.append(box, ' ', swatch(status), status.words);
    $('filters').append(label);
  });

  // === Events ===

  const render = () => { crumbs(); draw(); list(); };
  let typing = 0;
  $('search').addEventListener('input', (event) => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      wanted = event.target.value.trim().toLowerCase();
      listed = 100;
      render();
    }, 120);
  });
  $('more').addEventListener('click', () => { listed += 400; list(); });
  canvas.addEventListener('click', (event) => {
    const at = under(event);
    if (!at) return;
    cursor = at;
    choose(rows()[at.r], columns()[at.c]);
    say();
  });
  canvas.addEventListener('dblclick', (event) => {
    const at = under(event);
    if (at) zoomIn(rows()[at.r], columns()[at.c]);
  });
  canvas.addEventListener('mousemove', (event) => {
    const at = under(event);
    const tip = $('tip');
    tip.hidden = !at;
    if (!at) return;
    tip.textContent = sentence(rows()[at.r], columns()[at.c]);
    const frame = $('frame').getBoundingClientRect();
    const x = event.clientX - frame.left + $('frame').scrollLeft;
    tip.style.left = `${Math.max(0, Math.min(x + 14, $('frame').scrollLeft + frame.width - tip.offsetWidth - 8))}px`;
    tip.style.top = `${event.clientY - frame.top + $('frame').scrollTop + 18}px`;
  });
  canvas.addEventListener('mouseleave', () => { $('tip').hidden = true; });
  canvas.addEventListener('focus', () => { draw(); say(); });
  canvas.addEventListener('blur', draw);
  canvas.addEventListener('keydown', (event) => {
    const r = rows().length - 1;
    const c = columns().length - 1;
    const moves = {
      ArrowUp: () => { cursor.r = Math.max(0, cursor.r - 1); },
      ArrowDown: () => { cursor.r = Math.min(r, cursor.r + 1); },
      ArrowLeft: () => { cursor.c = Math.max(0, cursor.c - 1); },
      ArrowRight: () => { cursor.c = Math.min(c, cursor.c + 1); },
      Home: () => { cursor.c = 0; },
      End: () => { cursor.c = c; },
      PageUp: () => { cursor.r = 0; },
      PageDown: () => { cursor.r = r; },
      ' ': () => choose(rows()[cursor.r], columns()[cursor.c]),
      Enter: () => zoomIn(rows()[cursor.r], columns()[cursor.c]),
      Escape: () => { if (trail.length > 1) zoomTo(trail.length - 2); },
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
    draw();
    say();
    const { cell, left, top } = place;
    const frame = $('frame');
    const x = left + cursor.c * cell;
    const y = top + cursor.r * cell;
    if (x < frame.scrollLeft || x + cell > frame.scrollLeft + frame.clientWidth) frame.scrollLeft = x - frame.clientWidth / 2;
    if (y < frame.scrollTop || y + cell > frame.scrollTop + frame.clientHeight) frame.scrollTop = y - frame.clientHeight / 2;
  });

  const themed = (name) => {
    document.documentElement.dataset.theme = name;
    $('theme').textContent = name === 'dark' ? 'Light' : 'Dark';
    draw();
  };
  const dark = matchMedia('(prefers-color-scheme: dark)');
  $('theme').addEventListener('click', () => themed(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'));
  dark.addEventListener('change', () => themed(dark.matches ? 'dark' : 'light'));
  let before = null;
  // Paper is light, and has room for every pair.
  addEventListener('beforeprint', () => {
    before = { theme: document.documentElement.dataset.theme, listed };
    listed = Math.max(listed, 2000);
    themed('light');
    list();
  });
  addEventListener('afterprint', () => {
    listed = before.listed;
    themed(before.theme);
    list();
  });
  new ResizeObserver(() => draw()).observe($('frame'));

  crumbs();
  list();
  themed(dark.matches ? 'dark' : 'light');
})();
