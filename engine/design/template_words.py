"""What element templates say, in Chinese and English. A test keeps them equal to the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping

Text = tuple[str, str]
"""Chinese, English."""

SERVICES: Mapping[str, tuple[Text, Text]] = {
    "triage": (("分级分类", "Grade the case"), ("按决策表重新分级", "Grade it anew by the decision tables")),
    "raise_tier": (("升级", "Rise"), ("事项升一级，或直接升到指定层级", "One tier up, or straight to a tier")),
    "return_down": (
        ("退回", "Return"),
        ("退回到来的单位，只能在签收期内", "Back to the unit it came from, while signing in"),
    ),
    "downgrade": (("降级", "Downgrade"), ("降到所决定的层级", "Down to the tier that was decided")),
    "pause_clock": (("暂停点", "Pause point"), ("层级时限停止计时", "The tier clock stops")),
    "resume_clock": (("恢复计时", "Clock runs on"), ("层级时限继续计时", "The tier clock runs on")),
    "extend_clock": (
        ("准予延期", "Grant the extension"),
        ("准予所申请的延期", "Grants the extension that was asked for"),
    ),
    "refuse_extension": (
        ("不予延期", "Refuse the extension"),
        ("不予所申请的延期", "Refuses the extension that was asked for"),
    ),
    "tell": (
        ("发出消息", "Outgoing event"),
        ("告知单位或角色，并发给订阅系统", "Tells units or roles, and the systems that subscribe"),
    ),
    "card": (("亮牌", "Card"), ("给承办单位记黄牌或红牌", "A yellow or red card for the holding unit")),
    "mark_absent": (
        ("记录缺席", "Mark who was absent"),
        ("记录未按时反馈意见的单位", "Notes invited units that gave no opinion in time"),
    ),
    "begin": (("启动并行流程", "Start beside"), ("在事项旁启动另一流程", "Starts another process beside the case")),
    "supervise": (("督办", "Supervision notice"), ("在事项旁发起督办", "Opens a supervision notice beside the case")),
    "sampled": (("抽查", "Sample"), ("是否抽中质量回访", "Whether the case is drawn for the quality check")),
    "close_case": (("结案", "Close the case"), ("按已登记的结果结案", "Closes it with the result that was recorded")),
    "note": (("记入经过", "Note"), ("在事项经过中写一行", "A line in the history of the case")),
    "arbitrate": (("提请裁决", "Arbitration"), ("由上一级裁决由谁承办", "The tier above decides who handles the case")),
    "carry_out": (
        ("执行裁决", "Carry out the decision"),
        ("执行裁决，或记录无人裁决", "Carries out what was decided, or notes that nobody decided"),
    ),
    "change_hands": (
        ("调整承办单位", "Change hands"),
        ("移交裁决确定的单位", "To the unit that was decided on"),
    ),
    "return_visit": (("回访", "Return visit"), ("抽中的启动回访", "Begins a return visit where the case is drawn")),
    "not_solved": (
        ("未解决", "Not solved"),
        ("原单位重办，再次则督办", "Once more at the same unit, the second time supervised"),
    ),
    "majority": (
        ("计票", "Count the votes"),
        ("多人任务的答复是否过半数同意", "Whether most of those who answered said yes"),
    ),
    "conclude": (("记录结果", "Conclude"), ("记下本流程的结果", "Writes down what came of this process")),
    "take_up": (
        ("接手办理", "Take it up"),
        ("案件流程等待本流程办理", "The process of the case waits while this one handles the matter"),
    ),
    "hand_back": (
        ("交还案件", "Give the case back"),
        ("有答复即结案，否则交回原单位", "An answer closes the case, anything else hands it back to where it was"),
    ),
    "stand_by": (
        ("停止计时", "Clocks stand still"),
        ("由其他流程办理期间整案停止计时", "The clocks of the whole case, while another process handles it"),
    ),
    "stay_anew": (
        ("原单位重新办理", "Anew where it was"),
        ("在原单位重新计时办理", "At the same unit, with a visit and a clock of its own"),
    ),
}
"""Service → its name, and what it does."""

PARAMETERS: Mapping[str, Text] = {
    "reason": ("原因", "Reason"),
    "to": ("升到", "Up to"),
    "what": ("内容", "What"),
    "whom": ("告知谁", "Whom"),
    "colour": ("颜色", "Colour"),
    "silent": ("不通知", "Without a notice"),
    "result": ("结果", "Result"),
    "process": ("流程", "Process"),
    "form": ("表单", "Form"),
    "keys": ("需为“是”的问题", "Questions that must be yes"),
    "outcome": ("结果", "Outcome"),
}

CHOICES: Mapping[tuple[str, str], Mapping[str, Text]] = {
    ("card", "colour"): {"yellow": ("黄牌", "yellow"), "red": ("红牌", "red")},
    ("carry_out", "outcome"): {"decided": ("已裁决", "decided"), "lapsed": ("逾期未裁决", "not decided in time")},
    ("refuse_extension", "silent"): {"true": ("是", "yes"), "false": ("否", "no")},
}
"""Parameters that take one of few values."""

UNITS: Mapping[str, Text] = {
    "holder": ("承办单位", "holder: the unit that holds the case"),
    "above": ("上级单位", "above: one tier up"),
    "top": ("最高一级", "top: the highest tier"),
    "deciding": ("有领导的最近上级", "deciding: the nearest unit with a leader"),
    "mediating": ("调解组织", "mediating: the organisation that mediates"),
}

MESSAGES: Mapping[str, Text] = {
    "m_severity_jump": ("事实变化，等级升高", "the facts changed and the case was graded higher"),
    "m_withdraw": ("申请人撤回", "the petitioner withdrew the matter"),
    "m_merge": ("并入另一事项", "the case was merged into another"),
    "m_material": ("所等待的材料已到", "something the case waited for has arrived"),
    "m_downgrade": ("越级的理由消失", "the reason for a jump is gone"),
    "m_arbitrated": ("裁决由其他单位承办", "it was decided that another unit handles the case"),
    "m_apply_review": ("请求复查或复核", "the petitioner asks for a review or re-review of the opinion"),
    "m_taken_up": ("由案件之外的流程办理", "a process beside the case handles the matter from now on"),
    "m_answered": ("案件之外的流程已答复", "the process beside the case has answered the matter"),
    "m_handed_back": ("案件之外的流程未能答复，交回", "the process beside the case has ended without an answer"),
}
