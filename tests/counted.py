"""A process with indicators of every kind."""

COUNTED = """workflow: counted
version: 1
title: 统计
calendar: cn
settings: {least: {type: int, default: 4, basis: rule}}
lists: {kinds: {road: 道路, lamp: 路灯, tree: 绿化}}
roles: {office: 办公室, member: 委员, chair: 主席}
number: {series: counted, per: year, format: "{year}统{n}", at: start}
data:
  kind: {type: choice, options: lists.kinds, title: 类别}
  score: {type: decimal, scale: 1}
  place: {type: text}
  visits: {type: list, of: record, default: [], fields: {place: {type: text}, people: {type: int}}}
  secret: {type: int, seen_by: [chair]}
start: {by: [office, member], form: [kind?, place?, secret?]}
initial: received
states:
  received:
    owner: office
    deadlines: {accept: {within: 5 working days, basis: rule}}
    actions: {accept: {by: office, to: work}, refuse: {by: office, to: refused}}
  work:
    owner: office
    actions:
      visit: {by: office, form: [visits+]}
      call: {by: [office, member], form: [place?]}
      close: {by: office, form: [score?], to: closed}
  closed: {final: true, outcome: success}
  refused: {final: true, outcome: rejected}
reopen: {look_back: {by: office, from: [closed], to: work}}
indicators:
  opened: {title: {zh-CN: 件数, en: Cases}, count: cases, by: data.kind, per: year}
  calls: {count: act.call, by: row.actor.role}
  called_from: {count: act.call, by: row.data.place}
  closings: {count: act.close, per: month, quota: {at_least: settings.least, pace: linear, warn: [chair]}}
  rate: {share: outcome == 'success', of: {all: "true", accepted: count('accept') > 0}, shown_as: at_least}
  in_time: {share: row.met, over: deadline.received.accept}
  late: {count: cases, where: overdue('received.accept')}
  mean: {mean: data.score}
  total: {sum: row.people, over: data.visits, by: row.place}
  ranking: {rank: data.score, where: has(data.score)}
  persons: {distinct: row.actor.id, over: act.call}
  took: {percentile: time_in('received'), at: [50, 90], unit: working days}
  later: {count: cases, from: 2026-03-10}
  secrets: {count: cases, by: data.secret}
  secret_sum: {sum: data.secret}
"""
