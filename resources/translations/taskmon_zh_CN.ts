<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>taskmon</name>
    <message>
        <source> days</source>
        <translation> 天</translation>
    </message>
    <message>
        <source> seconds</source>
        <translation> 秒</translation>
    </message>
    <message numerus="yes">
        <source>%n failed</source>
        <translation>
            <numerusform>%n 个失败</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n task(s) finished</source>
        <translation>
            <numerusform>%n 个任务已结束</numerusform>
        </translation>
    </message>
    <message>
        <source>&amp;About taskmon</source>
        <translation>关于 taskmon(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Cancel</source>
        <translation>取消(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Columns</source>
        <translation>列(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Columns…</source>
        <translation>列(&amp;C)…</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Filter</source>
        <translation>筛选(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Find a command…</source>
        <translation>查找命令(&amp;F)…</translation>
    </message>
    <message>
        <source>&amp;Finish current item, then stop</source>
        <translation>完成当前项后停止(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Group</source>
        <translation>分组(&amp;G)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Hold</source>
        <translation>搁置(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>键盘快捷键(&amp;K)</translation>
    </message>
    <message>
        <source>&amp;Open result</source>
        <translation>打开结果(&amp;O)</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>暂停(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Resume</source>
        <translation>继续(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Retry</source>
        <translation>重试(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Settings…</source>
        <translation>设置(&amp;S)…</translation>
    </message>
    <message>
        <source>&amp;Sort by this column</source>
        <translation>按此列排序(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Task</source>
        <translation>任务(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>(no name)</source>
        <translation>（未命名）</translation>
    </message>
    <message numerus="yes">
        <source>, %n of them failed</source>
        <translation>
            <numerusform>，其中 %n 个失败</numerusform>
        </translation>
    </message>
    <message>
        <source>1 task</source>
        <translation>1 个任务</translation>
    </message>
    <message>
        <source>1 task has not finished</source>
        <translation>有 1 个任务尚未结束</translation>
    </message>
    <message>
        <source>A debugger holds it ({name}, process {tracer}): try again once that has let it go.</source>
        <translation>调试器正占用它（{name}，进程 {tracer}）：请在其放开后再试。</translation>
    </message>
    <message>
        <source>A few letters of what you want to do</source>
        <translation>输入命令中的几个字</translation>
    </message>
    <message>
        <source>A timer that has not fired.</source>
        <translation>定时器，尚未触发。</translation>
    </message>
    <message>
        <source>A timer: it fires in {time}.</source>
        <translation>定时器：将在 {time} 后触发。</translation>
    </message>
    <message>
        <source>About taskmon</source>
        <translation>关于 taskmon</translation>
    </message>
    <message>
        <source>Acquire the lock with a timeout, and look at a stop flag between the attempts.</source>
        <translation>获取锁时设置超时，并在两次尝试之间检查停止标志。</translation>
    </message>
    <message>
        <source>Action</source>
        <translation>操作</translation>
    </message>
    <message>
        <source>Add folder…</source>
        <translation>添加文件夹…</translation>
    </message>
    <message>
        <source>Algorithm</source>
        <translation>算法</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>Already finished</source>
        <translation>已经结束</translation>
    </message>
    <message>
        <source>As many as suit this computer</source>
        <translation>按本机性能自动决定</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Ask before quitting cancels tasks</source>
        <translation>退出会取消任务时先询问</translation>
    </message>
    <message>
        <source>Asked to stop {time} ago, but it reaches no checkpoint</source>
        <translation>{time}前已请求停止，但一直没有到达检查点</translation>
    </message>
    <message>
        <source>Asks it to stop at its next checkpoint</source>
        <translation>请求它在下一个检查点停止</translation>
    </message>
    <message>
        <source>Attempt</source>
        <translation>第几次尝试</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>C&amp;lear finished</source>
        <translation>清除已结束的任务(&amp;L)</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Cancel &amp;all</source>
        <translation>全部取消(&amp;A)</translation>
    </message>
    <message>
        <source>Cancel all</source>
        <translation>全部取消</translation>
    </message>
    <message>
        <source>Cancel tasks and quit</source>
        <translation>取消任务并退出</translation>
    </message>
    <message>
        <source>Cancel {n} tasks</source>
        <translation>取消 {n} 个任务</translation>
    </message>
    <message>
        <source>Cancel {n} tasks?</source>
        <translation>要取消 {n} 个任务吗？</translation>
    </message>
    <message>
        <source>Cancel, then run as a process</source>
        <translation>取消，然后作为进程运行</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>Cancelled because taskmon quit</source>
        <translation>因 taskmon 退出而取消</translation>
    </message>
    <message>
        <source>Cancelled by another program</source>
        <translation>被其他程序取消</translation>
    </message>
    <message>
        <source>Cancelled by you</source>
        <translation>由您取消</translation>
    </message>
    <message>
        <source>Cancelled by {whom}</source>
        <translation>由 {whom} 取消</translation>
    </message>
    <message>
        <source>Cancelled with its parent</source>
        <translation>随上级任务一起取消</translation>
    </message>
    <message>
        <source>Cancelling</source>
        <translation>正在取消</translation>
    </message>
    <message>
        <source>Cancelling 1 task…</source>
        <translation>正在取消 1 个任务…</translation>
    </message>
    <message>
        <source>Cancelling a thread cannot end it, and Ctrl-C is heard by the main thread alone.</source>
        <translation>取消其中任何线程都无法结束它，Ctrl-C 也只有主线程能收到。</translation>
    </message>
    <message>
        <source>Cancelling for {time}, asked {whom}.</source>
        <translation>正在取消，已有 {time}，{whom}请求。</translation>
    </message>
    <message>
        <source>Cancelling for {time}, asked {whom}. It is finishing: {what}.</source>
        <translation>正在取消，已有 {time}，{whom}请求。正在收尾：{what}。</translation>
    </message>
    <message>
        <source>Cancelling {n} tasks…</source>
        <translation>正在取消 {n} 个任务…</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>正在取消…</translation>
    </message>
    <message>
        <source>Cancelling… {time}</source>
        <translation>正在取消… {time}</translation>
    </message>
    <message>
        <source>Cancelling… {time} · finishing: {what}</source>
        <translation>正在取消… {time} · 正在收尾：{what}</translation>
    </message>
    <message>
        <source>Cancelling… {time} · last checkpoint {ago} ago</source>
        <translation>正在取消… {time} · 上次检查点在 {ago}前</translation>
    </message>
    <message>
        <source>Checksum a folder</source>
        <translation>计算文件夹校验和</translation>
    </message>
    <message>
        <source>Clear filter</source>
        <translation>清除筛选</translation>
    </message>
    <message>
        <source>Clear fro&amp;m the table</source>
        <translation>从表格中清除(&amp;M)</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Close this notice</source>
        <translation>关闭此通知</translation>
    </message>
    <message>
        <source>Closing the window leaves running tasks behind that icon</source>
        <translation>关闭窗口后，任务在该图标后继续运行</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>颜色</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>列</translation>
    </message>
    <message>
        <source>Computes a checksum of every file under the folders. It writes them to a manifest that sha256sum -c and its like understand, or verifies the files against such a manifest. Symbolic links are not followed; pipes, sockets and devices are never opened.</source>
        <translation>计算文件夹下每个文件的校验和，写入 sha256sum -c 等工具能识别的清单，或按这样的清单核对文件。不跟随符号链接，也绝不打开管道、套接字和设备。</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Detached</source>
        <translation>已分离</translation>
    </message>
    <message>
        <source>Detached: asked to stop {time} ago, still running</source>
        <translation>已脱离：{time}前请求停止，仍在运行</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Each of them is asked to stop in its own way, and leaves once it notices.</source>
        <translation>每个任务都会以各自的方式被请求停止，并在察觉后退出。</translation>
    </message>
    <message>
        <source>Editor</source>
        <translation>编辑器</translation>
    </message>
    <message>
        <source>Elapsed</source>
        <translation>已用时间</translation>
    </message>
    <message>
        <source>End the freeze; leave the filter</source>
        <translation>结束冻结；离开筛选框</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Filter tasks</source>
        <translation>筛选任务</translation>
    </message>
    <message>
        <source>Filter tasks   /</source>
        <translation>筛选任务   /</translation>
    </message>
    <message>
        <source>Finished before it could be cancelled</source>
        <translation>在取消生效之前已经完成</translation>
    </message>
    <message>
        <source>Finishing its current item for {time}; it stops then. Cancel stops it at once.</source>
        <translation>正在完成当前项，已有 {time}，之后停止。“取消”会让它立即停止。</translation>
    </message>
    <message>
        <source>Finishing the current item, then stopping… {time}</source>
        <translation>完成当前项后停止… {time}</translation>
    </message>
    <message>
        <source>Fires in {time}</source>
        <translation>{time} 后触发</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Found by taskmon</source>
        <translation>由 taskmon 自动查找</translation>
    </message>
    <message>
        <source>General</source>
        <translation>常规</translation>
    </message>
    <message>
        <source>Give select a timeout and look at a stop flag in the loop.</source>
        <translation>给 select 设置超时，并在循环中检查停止标志。</translation>
    </message>
    <message>
        <source>Give the request a timeout, and look at a stop flag between the pieces of the answer.</source>
        <translation>给请求设置超时，并在分段接收应答之间检查停止标志。</translation>
    </message>
    <message>
        <source>Go to another task</source>
        <translation>移到另一个任务</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>分组</translation>
    </message>
    <message>
        <source>Has not reached a checkpoint yet: it may not stop</source>
        <translation>尚未到达过检查点：可能不会停止</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>帮助</translation>
    </message>
    <message>
        <source>Hide taskmon</source>
        <translation>隐藏 taskmon</translation>
    </message>
    <message>
        <source>High contrast</source>
        <translation>高对比度</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史记录</translation>
    </message>
    <message>
        <source>It comes back from these calls: let the loop look at a stop flag between them.</source>
        <translation>它会从这些调用中返回：让循环在各次调用之间查看停止标志。</translation>
    </message>
    <message>
        <source>It has not started: it waits for a free worker, or for its time</source>
        <translation>尚未开始：正在等待空闲的工作线程，或等待其预定时间</translation>
    </message>
    <message>
        <source>It has not started: it will never run</source>
        <translation>尚未开始：取消后不会再运行</translation>
    </message>
    <message>
        <source>It waits for a result. Use result(timeout=…) and look at a stop flag in between.</source>
        <translation>它在等待结果。请使用 result(timeout=…)，并在其间检查停止标志。</translation>
    </message>
    <message>
        <source>It waits for another thread. Stop that one, or join(timeout) and look at a stop flag in between.</source>
        <translation>它在等待另一个线程。请停止那个线程，或使用 join(timeout) 并在其间检查停止标志。</translation>
    </message>
    <message>
        <source>It waits until task_done() has been called for each item of the queue, and join() of a queue has no timeout. Look at the threads that take the items.</source>
        <translation>它要等到队列中的每一项都调用过 task_done()，而队列的 join() 没有超时。请查看取走这些项的线程。</translation>
    </message>
    <message>
        <source>Its tasks go on. The icon in the tray brings the window back; Quit is in its menu.</source>
        <translation>任务会继续运行。单击托盘图标可以恢复窗口，在其菜单中可以退出。</translation>
    </message>
    <message>
        <source>Keep ended tasks for</source>
        <translation>已结束任务的保留时间</translation>
    </message>
    <message>
        <source>Keep the computer awake while tasks run</source>
        <translation>任务运行时不让电脑睡眠</translation>
    </message>
    <message>
        <source>Keep them running</source>
        <translation>继续运行</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Last checkpoint</source>
        <translation>上次检查点</translation>
    </message>
    <message>
        <source>Last checkpoint {time} ago</source>
        <translation>上次检查点在 {time}前</translation>
    </message>
    <message>
        <source>Leave the table</source>
        <translation>离开表格</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Lost contact</source>
        <translation>失去联系</translation>
    </message>
    <message>
        <source>More columns</source>
        <translation>更多列</translation>
    </message>
    <message>
        <source>New failure: {name}</source>
        <translation>新的失败：{name}</translation>
    </message>
    <message>
        <source>No progress for {time}</source>
        <translation>已有 {time}没有进展</translation>
    </message>
    <message>
        <source>No progress reported</source>
        <translation>没有报告进度</translation>
    </message>
    <message>
        <source>No task matches the filter</source>
        <translation>没有符合筛选条件的任务</translation>
    </message>
    <message>
        <source>No tasks yet</source>
        <translation>还没有任务</translation>
    </message>
    <message>
        <source>Not responding</source>
        <translation>未响应</translation>
    </message>
    <message>
        <source>Not started: they wait for a free worker, or for their time</source>
        <translation>尚未开始：正在等待空闲的工作线程，或等待预定时间</translation>
    </message>
    <message>
        <source>Nothing is running</source>
        <translation>没有正在运行的任务</translation>
    </message>
    <message>
        <source>Nothing was started</source>
        <translation>没有启动任何任务</translation>
    </message>
    <message>
        <source>Notifications and tray</source>
        <translation>通知与托盘</translation>
    </message>
    <message>
        <source>On hold</source>
        <translation>已搁置</translation>
    </message>
    <message>
        <source>Only of tasks longer than</source>
        <translation>仅限超过此时间的任务</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Open code with</source>
        <translation>打开代码时使用</translation>
    </message>
    <message>
        <source>Open settings file</source>
        <translation>打开设置文件</translation>
    </message>
    <message>
        <source>Opens {path}</source>
        <translation>打开 {path}</translation>
    </message>
    <message>
        <source>Optional</source>
        <translation>可选</translation>
    </message>
    <message>
        <source>Pause all</source>
        <translation>全部暂停</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Pausing…</source>
        <translation>正在暂停…</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>程序</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Questions</source>
        <translation>确认提示</translation>
    </message>
    <message>
        <source>Quit now</source>
        <translation>立即退出</translation>
    </message>
    <message>
        <source>Quit taskmon</source>
        <translation>退出 taskmon</translation>
    </message>
    <message>
        <source>Rate</source>
        <translation>速度</translation>
    </message>
    <message>
        <source>Read and write in pieces, and look at a stop flag in between. Before a read from a pipe, wait with select and a timeout.</source>
        <translation>分块读写，并在其间检查停止标志。从管道读取之前，先用带超时的 select 等待。</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Resume all</source>
        <translation>全部继续</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Run again as a process</source>
        <translation>作为进程重新运行</translation>
    </message>
    <message>
        <source>Cancel all of the group ({n})</source>
        <translation>取消该组全部任务（{n} 个）</translation>
    </message>
    <message numerus="yes">
        <source>%n task(s)</source>
        <translation>
            <numerusform>%n 个任务</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n task(s) had not ended when taskmon did, and were lost.</source>
        <translation>
            <numerusform>taskmon 结束时有 %n 个任务尚未结束，现已丢失。</numerusform>
        </translation>
    </message>
    <message>
        <source>&amp;Details</source>
        <translation>详情(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;History…</source>
        <translation>历史记录(&amp;H)…</translation>
    </message>
    <message>
        <source>({n} older lines are not kept)</source>
        <translation>（更早的 {n} 行未保留）</translation>
    </message>
    <message>
        <source>- Offered: {what}</source>
        <translation>- 可选方式：{what}</translation>
    </message>
    <message>
        <source>1 detached task is not waited for.</source>
        <translation>不等待 1 个已脱离的任务。</translation>
    </message>
    <message>
        <source>1 task of another program goes on: {names}</source>
        <translation>另一个程序的 1 个任务会继续运行：{names}</translation>
    </message>
    <message>
        <source>A NUL character cannot be given to a program.</source>
        <translation>不能把 NUL 字符传给程序。</translation>
    </message>
    <message>
        <source>A command with {file} and {line} in it, such as:
code -g {file}:{line}</source>
        <translation>包含 {file} 和 {line} 的命令，例如：
code -g {file}:{line}</translation>
    </message>
    <message>
        <source>A manifest can be written or verified, not both in one job. Leave one of them out.</source>
        <translation>一个作业只能写入清单或核对清单，不能同时进行。请去掉其中一项。</translation>
    </message>
    <message>
        <source>Acquire the lock with a timeout, in a loop with ctx.checkpoint(). And look at who holds it meanwhile.</source>
        <translation>在带有 ctx.checkpoint() 的循环中限时获取锁，同时查明是谁占着它。</translation>
    </message>
    <message>
        <source>Activity</source>
        <translation>活动</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
    <message>
        <source>Any time</source>
        <translation>任何时间</translation>
    </message>
    <message>
        <source>Arguments</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>Arguments: a quotation mark is missing its partner.</source>
        <translation>参数：引号没有成对。</translation>
    </message>
    <message>
        <source>As text</source>
        <translation>以文本显示</translation>
    </message>
    <message>
        <source>Ask the user before the task starts: reading from the terminal cannot be ended from outside.</source>
        <translation>请在任务开始之前询问用户：从终端读取无法从外部结束。</translation>
    </message>
    <message>
        <source>Asked to pause; it goes on to its next checkpoint.</source>
        <translation>已请求暂停；它会继续运行到下一个检查点。</translation>
    </message>
    <message>
        <source>Asked to stop {time} ago, {whom}, and detached: its thread still runs, others have its place.</source>
        <translation>{time}前{whom}请求停止，并已脱离：线程仍在运行，位置已让给其他任务。</translation>
    </message>
    <message>
        <source>Asked to stop {time} ago, {whom}, but it reaches no checkpoint.</source>
        <translation>{time}前{whom}请求停止，但它一直没有到达检查点。</translation>
    </message>
    <message>
        <source>At {where}.</source>
        <translation>位于 {where}。</translation>
    </message>
    <message>
        <source>Attempt {n}</source>
        <translation>第 {n} 次尝试</translation>
    </message>
    <message>
        <source>Attempt {n}: {ended}</source>
        <translation>第 {n} 次尝试：{ended}</translation>
    </message>
    <message>
        <source>Buttons of the tasks</source>
        <translation>任务的按钮</translation>
    </message>
    <message>
        <source>CSV, for spreadsheets…</source>
        <translation>CSV，用于电子表格…</translation>
    </message>
    <message>
        <source>Call ctx.checkpoint() in the loop, or iterate with ctx.track(…); a checkpoint costs well under a microsecond.</source>
        <translation>在循环中调用 ctx.checkpoint()，或用 ctx.track(…) 迭代；一个检查点的开销远小于一微秒。</translation>
    </message>
    <message>
        <source>Calls of the thread, the innermost first</source>
        <translation>线程的调用，最内层在前</translation>
    </message>
    <message>
        <source>Calls, the innermost first</source>
        <translation>调用，最内层在前</translation>
    </message>
    <message>
        <source>Cancel all {n}</source>
        <translation>全部取消（{n} 个）</translation>
    </message>
    <message>
        <source>Cancel tasks</source>
        <translation>取消任务</translation>
    </message>
    <message>
        <source>Cancel the tasks of its event loop: loop.call_soon_threadsafe(task.cancel).</source>
        <translation>取消其事件循环中的任务：loop.call_soon_threadsafe(task.cancel)。</translation>
    </message>
    <message>
        <source>Cancel {means}.</source>
        <translation>取消的作用：{means}。</translation>
    </message>
    <message>
        <source>Cancel {name}</source>
        <translation>取消 {name}</translation>
    </message>
    <message>
        <source>Cancel {name}?</source>
        <translation>要取消“{name}”吗？</translation>
    </message>
    <message>
        <source>Cancelling {name}</source>
        <translation>正在取消 {name}</translation>
    </message>
    <message>
        <source>Caused by: {error}</source>
        <translation>起因：{error}</translation>
    </message>
    <message>
        <source>Checksum {name}</source>
        <translation>校验和：{name}</translation>
    </message>
    <message>
        <source>Checksum {name} and {n} more</source>
        <translation>校验和：{name} 等另外 {n} 个</translation>
    </message>
    <message>
        <source>Checksums of whole folders, with a manifest that can be verified.</source>
        <translation>计算整个文件夹的校验和，并生成可供核对的清单。</translation>
    </message>
    <message>
        <source>Cl&amp;ear filter</source>
        <translation>清除筛选(&amp;E)</translation>
    </message>
    <message>
        <source>Close details</source>
        <translation>关闭详情</translation>
    </message>
    <message>
        <source>Close details (Esc)</source>
        <translation>关闭详情 (Esc)</translation>
    </message>
    <message>
        <source>Commands</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Computing at {where}.</source>
        <translation>正在 {where} 处计算。</translation>
    </message>
    <message>
        <source>Computing in {call}, {where}.</source>
        <translation>正在 {call}（{where}）中计算。</translation>
    </message>
    <message>
        <source>Cop&amp;y name</source>
        <translation>复制名称(&amp;Y)</translation>
    </message>
    <message>
        <source>Copy log</source>
        <translation>复制日志</translation>
    </message>
    <message>
        <source>Copy r&amp;eport</source>
        <translation>复制报告(&amp;E)</translation>
    </message>
    <message>
        <source>Copy report</source>
        <translation>复制报告</translation>
    </message>
    <message>
        <source>Copy traceback</source>
        <translation>复制回溯信息</translation>
    </message>
    <message>
        <source>Costs 0.3 s a task, for the new process. From Cancel to the end: some milliseconds to some tens.</source>
        <translation>每个任务的开销为 0.3 秒，用于启动新进程。从点击“取消”到结束只需几毫秒到几十毫秒。</translation>
    </message>
    <message>
        <source>Created</source>
        <translation>创建时间</translation>
    </message>
    <message>
        <source>Dask starts it again, attempt {n}</source>
        <translation>Dask 重新启动它，第 {n} 次尝试</translation>
    </message>
    <message>
        <source>Delete history</source>
        <translation>删除历史记录</translation>
    </message>
    <message>
        <source>Delete history…</source>
        <translation>删除历史记录…</translation>
    </message>
    <message>
        <source>Delete the history of all ended tasks?</source>
        <translation>要删除所有已结束任务的历史记录吗？</translation>
    </message>
    <message>
        <source>Detach</source>
        <translation>脱离</translation>
    </message>
    <message>
        <source>Details; on a button, press it</source>
        <translation>显示详情；在按钮上时按下按钮</translation>
    </message>
    <message>
        <source>Do &amp;not group</source>
        <translation>不分组(&amp;N)</translation>
    </message>
    <message>
        <source>Done after {time}.</source>
        <translation>历时 {time}完成。</translation>
    </message>
    <message>
        <source>Done after {time}. It had finished before it could be cancelled.</source>
        <translation>历时 {time}完成。在取消生效之前它已经完成。</translation>
    </message>
    <message>
        <source>Drop folders or Python programs of this computer here.</source>
        <translation>请把本机上的文件夹或 Python 程序拖放到这里。</translation>
    </message>
    <message>
        <source>Drop something here</source>
        <translation>拖放到这里</translation>
    </message>
    <message>
        <source>Ended</source>
        <translation>已结束</translation>
    </message>
    <message>
        <source>Ended after {signal}, sent by you</source>
        <translation>您发送 {signal} 后结束</translation>
    </message>
    <message>
        <source>Ended after {time}. {what}</source>
        <translation>{time}后结束。{what}</translation>
    </message>
    <message>
        <source>Ended by {signal}, sent by you</source>
        <translation>因您发送的 {signal} 结束</translation>
    </message>
    <message>
        <source>Environment</source>
        <translation>环境</translation>
    </message>
    <message>
        <source>Environment: “{line}” is not NAME=value.</source>
        <translation>环境变量：“{line}”不是 NAME=value 的形式。</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Error and stack</source>
        <translation>错误与调用栈</translation>
    </message>
    <message>
        <source>Every task gets a row here, and every row a Cancel that tells the truth.</source>
        <translation>每个任务在这里占一行，每一行都有如实反映结果的“取消”。</translation>
    </message>
    <message>
        <source>Every task that ends is kept here, with its times, its errors and how it ended.</source>
        <translation>每个已结束的任务都保存在这里，包括时间、错误和结束方式。</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Export the history</source>
        <translation>导出历史记录</translation>
    </message>
    <message>
        <source>Exporting…</source>
        <translation>正在导出…</translation>
    </message>
    <message>
        <source>Failed after {time}.</source>
        <translation>历时 {time}后失败。</translation>
    </message>
    <message>
        <source>Failed after {time}: {error}</source>
        <translation>历时 {time}后失败：{error}</translation>
    </message>
    <message>
        <source>Find a command</source>
        <translation>查找命令</translation>
    </message>
    <message>
        <source>Find in the log</source>
        <translation>在日志中查找</translation>
    </message>
    <message>
        <source>Fingerprint {digits}</source>
        <translation>指纹 {digits}</translation>
    </message>
    <message>
        <source>Finish current item, then stop</source>
        <translation>完成当前项后停止</translation>
    </message>
    <message>
        <source>Folders are checksummed, a Python program is run.</source>
        <translation>文件夹会计算校验和，Python 程序会被运行。</translation>
    </message>
    <message>
        <source>Folders: nothing was given. Name at least one folder, or a manifest to verify.</source>
        <translation>文件夹：没有指定。请至少指定一个文件夹，或一份要核对的清单。</translation>
    </message>
    <message>
        <source>Free&amp;ze</source>
        <translation>冻结(&amp;Z)</translation>
    </message>
    <message>
        <source>From when on</source>
        <translation>起始时间</translation>
    </message>
    <message>
        <source>Frozen at {time} for reading. The tasks go on, and Cancel works. Z or Esc: go on.</source>
        <translation>画面已于 {time} 冻结以便阅读。任务仍在继续，“取消”照常可用。按 Z 或 Esc 恢复。</translation>
    </message>
    <message>
        <source>Give select a timeout and call ctx.checkpoint() in the loop; or write to a socket pair from ctx.stop.on_stop to wake it.</source>
        <translation>给 select 设置超时并在循环中调用 ctx.checkpoint()；或在 ctx.stop.on_stop 中写入一对套接字来唤醒它。</translation>
    </message>
    <message>
        <source>Give the program a threading.Event and let the loop look at it: while not stop_event.is_set(): …</source>
        <translation>给程序一个 threading.Event，让循环检查它：while not stop_event.is_set(): …</translation>
    </message>
    <message>
        <source>Give the request a timeout, and read the answer in pieces with ctx.checkpoint() between them; or ctx.stop.on_stop(response.close).</source>
        <translation>给请求设置超时，分段读取应答并在其间调用 ctx.checkpoint()；或使用 ctx.stop.on_stop(response.close)。</translation>
    </message>
    <message>
        <source>Gives its place to the next task. The thread goes on, and its end is still shown.</source>
        <translation>把位置让给下一个任务。线程继续运行，结束时仍会显示。</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>恢复</translation>
    </message>
    <message>
        <source>Group by &amp;group</source>
        <translation>按分组(&amp;G)</translation>
    </message>
    <message>
        <source>Group by &amp;program</source>
        <translation>按程序(&amp;P)</translation>
    </message>
    <message>
        <source>Had not ended when taskmon did</source>
        <translation>taskmon 结束时尚未结束</translation>
    </message>
    <message>
        <source>How many tasks may run at once? Those that run already go on.</source>
        <translation>最多可以同时运行多少个任务？已在运行的不受影响。</translation>
    </message>
    <message>
        <source>How the task stands</source>
        <translation>任务的情况</translation>
    </message>
    <message>
        <source>If it goes on, {button} is offered in {time}.</source>
        <translation>如果它继续运行，{time}后可使用“{button}”。</translation>
    </message>
    <message>
        <source>If it still runs {time} later, {button} is offered.</source>
        <translation>如果 {time}后仍在运行，将提供“{button}”。</translation>
    </message>
    <message>
        <source>In the table</source>
        <translation>在表格中</translation>
    </message>
    <message>
        <source>In {call}, {where}.</source>
        <translation>位于 {call}（{where}）。</translation>
    </message>
    <message>
        <source>Interpreter</source>
        <translation>解释器</translation>
    </message>
    <message>
        <source>It also stops: {names}.</source>
        <translation>还会停止：{names}。</translation>
    </message>
    <message>
        <source>It cannot be cancelled: {reason}.</source>
        <translation>无法取消：{reason}。</translation>
    </message>
    <message>
        <source>It cannot be started again</source>
        <translation>无法重新启动</translation>
    </message>
    <message>
        <source>It has been stopped: let it go on with “kill -CONT {pid}”, then try again.</source>
        <translation>它已被暂停：请用“kill -CONT {pid}”让它继续，然后再试。</translation>
    </message>
    <message>
        <source>It has ended.</source>
        <translation>它已结束。</translation>
    </message>
    <message>
        <source>It has no thread now.</source>
        <translation>它现在没有线程。</translation>
    </message>
    <message>
        <source>It has not failed.</source>
        <translation>它没有失败。</translation>
    </message>
    <message>
        <source>It has not reached a checkpoint yet.</source>
        <translation>尚未到达过检查点。</translation>
    </message>
    <message>
        <source>It has not started.</source>
        <translation>尚未开始。</translation>
    </message>
    <message>
        <source>It is a part of the program that it stands in: run that again.</source>
        <translation>它是所在程序的一部分：请重新运行那个程序。</translation>
    </message>
    <message>
        <source>It is being asked for something already, perhaps by a “taskmon attach --wait” that waits for it: end that, or try again.</source>
        <translation>已有请求正在等待它，可能是另一个“taskmon attach --wait”：请结束那个请求，或稍后重试。</translation>
    </message>
    <message>
        <source>It lists no checksums.</source>
        <translation>其中没有列出校验和。</translation>
    </message>
    <message>
        <source>It looks like a way to stop it, but it may mean something else in this program.</source>
        <translation>看起来可以让它停止，但在这个程序里可能另有含义。</translation>
    </message>
    <message>
        <source>It reports no progress.</source>
        <translation>它没有报告进度。</translation>
    </message>
    <message>
        <source>It runs Python {version}, which can only be looked at, and that by py-spy: install it with “python -m pip install taskmon-desktop[attach]”, or restart the program with “taskmon run” to be able to cancel.</source>
        <translation>它运行 Python {version}，只能用 py-spy 查看：请用“python -m pip install taskmon-desktop[attach]”安装；或用“taskmon run”重新启动该程序，以便能够取消。</translation>
    </message>
    <message>
        <source>It shares its stop flag. These stop with it:</source>
        <translation>它与其他任务共用停止标志。以下任务会一起停止：</translation>
    </message>
    <message>
        <source>It waits for input in its terminal. Press Enter there.</source>
        <translation>它在等待终端输入。请在那里按回车键。</translation>
    </message>
    <message>
        <source>It waits in a checkpoint, because it is paused.</source>
        <translation>它在检查点等待，因为已被暂停。</translation>
    </message>
    <message>
        <source>It was at work when its program ended</source>
        <translation>它的程序结束时，它还在运行</translation>
    </message>
    <message>
        <source>It was ended by signal {n}.</source>
        <translation>它被信号 {n} 终止。</translation>
    </message>
    <message>
        <source>It was over too soon for a chart.</source>
        <translation>它结束得太快，没有图表。</translation>
    </message>
    <message>
        <source>It was written by a newer version of taskmon. Use that version to record tasks again.</source>
        <translation>它由更新版本的 taskmon 写入。请使用该版本继续记录任务。</translation>
    </message>
    <message>
        <source>Its exit status was {n}.</source>
        <translation>退出状态为 {n}。</translation>
    </message>
    <message>
        <source>Its file cannot be written at the moment.</source>
        <translation>目前无法写入它的文件。</translation>
    </message>
    <message>
        <source>Its last checkpoint was {time} ago.</source>
        <translation>上次检查点在 {time}前。</translation>
    </message>
    <message>
        <source>Its program has gone without a word on it</source>
        <translation>它的程序已消失，没有说明它的结果</translation>
    </message>
    <message>
        <source>Its threads, pools and progress bars get rows, each with a Cancel.</source>
        <translation>它的线程、线程池和进度条各占一行，都有“取消”。</translation>
    </message>
    <message>
        <source>JSON, for programs…</source>
        <translation>JSON，用于程序…</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Keep waiting</source>
        <translation>继续等待</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Last 30 days</source>
        <translation>最近 30 天</translation>
    </message>
    <message>
        <source>Last 7 days</source>
        <translation>最近 7 天</translation>
    </message>
    <message>
        <source>Last known stack</source>
        <translation>最后已知的调用栈</translation>
    </message>
    <message>
        <source>Last seen</source>
        <translation>最后看到</translation>
    </message>
    <message>
        <source>Leave it alone</source>
        <translation>不动它</translation>
    </message>
    <message>
        <source>Left running</source>
        <translation>仍在运行</translation>
    </message>
    <message>
        <source>Let its loop call ctx.checkpoint(), or look at ctx.stop.is_set().</source>
        <translation>让它的循环调用 ctx.checkpoint()，或检查 ctx.stop.is_set()。</translation>
    </message>
    <message>
        <source>Let taskmon.start_feed take the items: its workers wake for a stop. Or get(timeout=…) in a loop with ctx.checkpoint().</source>
        <translation>让 taskmon.start_feed 来取项目：它的工作线程会因停止而醒来。或在循环中使用 get(timeout=…) 和 ctx.checkpoint()。</translation>
    </message>
    <message>
        <source>Let the stop end the loop&apos;s work: ctx.stop.on_stop(lambda: loop.call_soon_threadsafe(task.cancel)).</source>
        <translation>让停止来结束事件循环的工作：ctx.stop.on_stop(lambda: loop.call_soon_threadsafe(task.cancel))。</translation>
    </message>
    <message>
        <source>Line {n} is of no use: {problem}.</source>
        <translation>第 {n} 行无法使用：{problem}。</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Log (the last {n} of {count} lines)</source>
        <translation>日志（共 {count} 行，最后 {n} 行）</translation>
    </message>
    <message>
        <source>Look at a Python program that runs already, run another, or start a job.</source>
        <translation>查看一个正在运行的 Python 程序、运行另一个程序，或开始一项作业。</translation>
    </message>
    <message>
        <source>Look for a timeout, or for a way to close what it waits for, and register that: ctx.stop.on_stop(…).</source>
        <translation>看看能否设置超时，或关闭它所等待的对象，并登记：ctx.stop.on_stop(…)。</translation>
    </message>
    <message>
        <source>Look for a timeout, or for a way to close what it waits for.</source>
        <translation>看看能否设置超时，或关闭它所等待的对象。</translation>
    </message>
    <message>
        <source>Looking at the thread…</source>
        <translation>正在查看线程…</translation>
    </message>
    <message>
        <source>Looking for programs…</source>
        <translation>正在查找程序…</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>丢失</translation>
    </message>
    <message>
        <source>Manifest written to {path}</source>
        <translation>清单已写入 {path}</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Move &amp;up in the queue</source>
        <translation>在队列中上移(&amp;U)</translation>
    </message>
    <message>
        <source>Move column &amp;left</source>
        <translation>列左移(&amp;L)</translation>
    </message>
    <message>
        <source>Move column &amp;right</source>
        <translation>列右移(&amp;R)</translation>
    </message>
    <message>
        <source>Move to the &amp;top of the queue</source>
        <translation>移到队列最前(&amp;T)</translation>
    </message>
    <message>
        <source>NAME=value, one on each line</source>
        <translation>NAME=value，每行一个</translation>
    </message>
    <message>
        <source>New failures on &amp;top</source>
        <translation>新的失败置顶(&amp;T)</translation>
    </message>
    <message>
        <source>No answer yet. It may be in a call into C that keeps the interpreter to itself.</source>
        <translation>尚无应答。它可能正处于独占解释器的 C 调用中。</translation>
    </message>
    <message>
        <source>No flag is certain to stop it; one of these may:</source>
        <translation>没有一定能让它停止的标志；以下之一也许可以：</translation>
    </message>
    <message>
        <source>No task matches</source>
        <translation>没有符合条件的任务</translation>
    </message>
    <message>
        <source>Not all items were handled</source>
        <translation>并非所有项目都已处理</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>未找到</translation>
    </message>
    <message>
        <source>Nothing has been logged.</source>
        <translation>没有日志。</translation>
    </message>
    <message>
        <source>Nothing has run yet</source>
        <translation>还没有运行过任务</translation>
    </message>
    <message>
        <source>Now: {what} ({amount}).</source>
        <translation>当前：{what}（{amount}）。</translation>
    </message>
    <message>
        <source>Now: {what}.</source>
        <translation>当前：{what}。</translation>
    </message>
    <message>
        <source>On hold: it starts once it is resumed.</source>
        <translation>已搁置：继续后才会开始。</translation>
    </message>
    <message>
        <source>Open in editor</source>
        <translation>在编辑器中打开</translation>
    </message>
    <message>
        <source>Open result</source>
        <translation>打开结果</translation>
    </message>
    <message>
        <source>Optional, as in a terminal</source>
        <translation>可选，写法与终端相同</translation>
    </message>
    <message>
        <source>Or let the loop look at an attribute such as self.running, which is set to False to end it.</source>
        <translation>或让循环检查 self.running 之类的属性，把它设为 False 即可结束。</translation>
    </message>
    <message>
        <source>Or show its progress with tqdm: each step of the bar is then a place where it can stop.</source>
        <translation>或用 tqdm 显示进度：进度条的每一步都成为可以停止的位置。</translation>
    </message>
    <message>
        <source>Other column; open, close a branch</source>
        <translation>另一列；展开、折叠分支</translation>
    </message>
    <message>
        <source>Overview</source>
        <translation>概览</translation>
    </message>
    <message>
        <source>Part of</source>
        <translation>所属</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Paused at a checkpoint, after {time} of work.</source>
        <translation>工作 {time}后在检查点暂停。</translation>
    </message>
    <message>
        <source>Programs that were run before</source>
        <translation>以前运行过的程序</translation>
    </message>
    <message>
        <source>Python programs</source>
        <translation>Python 程序</translation>
    </message>
    <message>
        <source>Read and write in pieces, with ctx.checkpoint() between them. A pipe, a device or a dead network drive may hold a call for ever: open it in a process of its own, taskmon.isolated.</source>
        <translation>分段读写，并在其间调用 ctx.checkpoint()。管道、设备或失联的网络驱动器可能让一次调用永远不返回：请在单独的进程中打开，即 taskmon.isolated。</translation>
    </message>
    <message>
        <source>Reading the manifest</source>
        <translation>正在读取清单</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>最近</translation>
    </message>
    <message>
        <source>Register ctx.stop.on_stop(connection.interrupt) before the query (sqlite3); it then raises.</source>
        <translation>在查询之前登记 ctx.stop.on_stop(connection.interrupt)（sqlite3）；查询会随之引发异常。</translation>
    </message>
    <message>
        <source>Register ctx.stop.on_stop(lambda: sock.shutdown(socket.SHUT_RDWR)) before the call: it then returns at once. Or sock.settimeout(seconds) and ctx.checkpoint() in a loop.</source>
        <translation>在调用之前登记 ctx.stop.on_stop(lambda: sock.shutdown(socket.SHUT_RDWR))：调用会立即返回。或在循环中使用 sock.settimeout(秒数) 和 ctx.checkpoint()。</translation>
    </message>
    <message>
        <source>Register ctx.stop.on_stop(process.terminate) after the start of the program: it ends, and the wait with it.</source>
        <translation>在启动程序之后登记 ctx.stop.on_stop(process.terminate)：程序结束，等待也随之结束。</translation>
    </message>
    <message>
        <source>Rese&amp;t columns</source>
        <translation>重置列(&amp;T)</translation>
    </message>
    <message>
        <source>Resize columns to con&amp;tent</source>
        <translation>列宽适应内容(&amp;T)</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Retry all &amp;failed</source>
        <translation>重试所有失败的任务(&amp;F)</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Run a program</source>
        <translation>运行程序</translation>
    </message>
    <message>
        <source>Run again</source>
        <translation>重新运行</translation>
    </message>
    <message>
        <source>Run as a proce&amp;ss</source>
        <translation>作为进程运行(&amp;S)</translation>
    </message>
    <message>
        <source>Run at o&amp;nce…</source>
        <translation>同时运行数(&amp;N)…</translation>
    </message>
    <message>
        <source>Run at once</source>
        <translation>同时运行数</translation>
    </message>
    <message>
        <source>Run program…</source>
        <translation>运行程序…</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>Running Python programs on this computer</source>
        <translation>此电脑上正在运行的 Python 程序</translation>
    </message>
    <message>
        <source>Running for {time}, without progress for {stalled}.</source>
        <translation>已运行 {time}，其中 {stalled}没有进展。</translation>
    </message>
    <message>
        <source>Running for {time}.</source>
        <translation>已运行 {time}。</translation>
    </message>
    <message>
        <source>Save log…</source>
        <translation>保存日志…</translation>
    </message>
    <message>
        <source>Save the log</source>
        <translation>保存日志</translation>
    </message>
    <message>
        <source>Search names and errors   /</source>
        <translation>搜索名称和错误   /</translation>
    </message>
    <message>
        <source>Search the history</source>
        <translation>搜索历史记录</translation>
    </message>
    <message>
        <source>Select a task to see its details.</source>
        <translation>选择一个任务即可查看详情。</translation>
    </message>
    <message>
        <source>Select a task to see what is known of it</source>
        <translation>选择一个任务即可查看其信息</translation>
    </message>
    <message>
        <source>Send {signal} to {name}, and to any process that it has started?</source>
        <translation>向 {name} 及其可能启动的进程发送 {signal}？</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Settings will not be saved: {problem}</source>
        <translation>设置将不会保存：{problem}</translation>
    </message>
    <message>
        <source>Show an icon in the tray</source>
        <translation>在托盘中显示图标</translation>
    </message>
    <message>
        <source>Show taskmon</source>
        <translation>显示 taskmon</translation>
    </message>
    <message>
        <source>Select; on a button, press it</source>
        <translation>选择；在按钮上时按下按钮</translation>
    </message>
    <message numerus="yes">
        <source>%n task(s) written to “{path}”</source>
        <translation>
            <numerusform>已将 %n 个任务写入“{path}”</numerusform>
        </translation>
    </message>
    <message>
        <source>&amp;Attach to a running program…</source>
        <translation>附加到正在运行的程序(&amp;A)…</translation>
    </message>
    <message>
        <source>&amp;Connect to a cluster…</source>
        <translation>连接集群(&amp;C)…</translation>
    </message>
    <message>
        <source>&amp;Run again</source>
        <translation>再次运行(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Run program…</source>
        <translation>运行程序(&amp;R)…</translation>
    </message>
    <message>
        <source>&amp;Tasks</source>
        <translation>任务(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Thread, process or cluster?</source>
        <translation>线程、进程还是集群(&amp;T)？</translation>
    </message>
    <message>
        <source>, </source>
        <translation>，</translation>
    </message>
    <message>
        <source>1 frame</source>
        <translation>1 帧</translation>
    </message>
    <message>
        <source>10 s</source>
        <translation>10 秒</translation>
    </message>
    <message>
        <source>5 min</source>
        <translation>5 分钟</translation>
    </message>
    <message>
        <source>60 s</source>
        <translation>60 秒</translation>
    </message>
    <message>
        <source>; </source>
        <translation>；</translation>
    </message>
    <message>
        <source>A Python file, or a command such as rsync</source>
        <translation>Python 文件，或 rsync 之类的命令</translation>
    </message>
    <message>
        <source>A cluster</source>
        <translation>集群</translation>
    </message>
    <message>
        <source>A process of its own</source>
        <translation>单独的进程</translation>
    </message>
    <message>
        <source>A thread</source>
        <translation>线程</translation>
    </message>
    <message>
        <source>Ask before more than five tasks or ten minutes of work are cancelled</source>
        <translation>取消五个以上任务或十分钟以上的工作前先询问</translation>
    </message>
    <message>
        <source>Asked to stop {time} ago, but it still runs</source>
        <translation>{time}前已请求停止，但仍在运行</translation>
    </message>
    <message>
        <source>Asked to stop {time} ago, {whom}, but it still runs.</source>
        <translation>{time}前已请求停止（{whom}），但它仍在运行。</translation>
    </message>
    <message>
        <source>At {where}: the same at each look for {time}.</source>
        <translation>位于 {where}：{time}内每次查看都相同。</translation>
    </message>
    <message>
        <source>Attach</source>
        <translation>附加</translation>
    </message>
    <message>
        <source>Attach to a running program</source>
        <translation>附加到正在运行的程序</translation>
    </message>
    <message>
        <source>Attach…</source>
        <translation>附加…</translation>
    </message>
    <message>
        <source>Awaiting a result</source>
        <translation>等待结果</translation>
    </message>
    <message>
        <source>Awaiting {what}</source>
        <translation>等待 {what}</translation>
    </message>
    <message>
        <source>Blocked in {call}, {where}, for at least {time}.</source>
        <translation>阻塞在 {call}，{where}，至少 {time}。</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>CPU, last minute</source>
        <translation>最近一分钟的 CPU</translation>
    </message>
    <message>
        <source>Call begins</source>
        <translation>调用开始</translation>
    </message>
    <message>
        <source>Cancel of {name} may end it, as Ctrl-C may.</source>
        <translation>取消 {name} 也许能结束它，如同 Ctrl-C。</translation>
    </message>
    <message>
        <source>Cancel the task</source>
        <translation>取消该任务</translation>
    </message>
    <message>
        <source>Cancel {n}</source>
        <translation>取消 {n} 个</translation>
    </message>
    <message>
        <source>Cancelled by you, with {command}</source>
        <translation>由您用 {command} 取消</translation>
    </message>
    <message>
        <source>Cannot attach</source>
        <translation>无法附加</translation>
    </message>
    <message>
        <source>Checkpoint</source>
        <translation>检查点</translation>
    </message>
    <message>
        <source>Choose a lane to read what it did.</source>
        <translation>选择一条泳道，查看它做过什么。</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清除</translation>
    </message>
    <message>
        <source>Co&amp;mpact rows</source>
        <translation>紧凑行(&amp;M)</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Computing</source>
        <translation>计算中</translation>
    </message>
    <message>
        <source>Computing in {call}, {where}: the same at each look for {time}.</source>
        <translation>正在 {call} 中计算，位于 {where}：{time}内每次查看都相同。</translation>
    </message>
    <message>
        <source>Computing outside Python</source>
        <translation>在 Python 之外计算</translation>
    </message>
    <message>
        <source>Computing outside Python, in {what}</source>
        <translation>在 Python 之外计算：{what}</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>Connect to a cluster</source>
        <translation>连接集群</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>正在连接</translation>
    </message>
    <message>
        <source>Connecting to {name}…</source>
        <translation>正在连接 {name}…</translation>
    </message>
    <message>
        <source>Connecting to {what}</source>
        <translation>正在连接 {what}</translation>
    </message>
    <message>
        <source>Contact was lost</source>
        <translation>失去联系</translation>
    </message>
    <message>
        <source>Contact was lost after {time}.</source>
        <translation>{time}后失去联系。</translation>
    </message>
    <message>
        <source>Contact was lost after {time}. {error}.</source>
        <translation>{time}后失去联系。{error}。</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Costs 0.03 ms a task. From Cancel to the end: under 1 ms, once it reaches a checkpoint.</source>
        <translation>每个任务的开销为 0.03 毫秒。到达检查点后，从点击“取消”到结束不到 1 毫秒。</translation>
    </message>
    <message>
        <source>Costs 1.4 ms a task (plain Dask: 2.0 ms), more with more workers. From Cancel to the end: 6 ms and the way there.</source>
        <translation>每个任务的开销为 1.4 毫秒（单用 Dask 为 2.0 毫秒），工作进程越多开销越大。从点击“取消”到结束为 6 毫秒，另加网络传输时间。</translation>
    </message>
    <message>
        <source>Cut off</source>
        <translation>被中断</translation>
    </message>
    <message>
        <source>Cut off when the program ended</source>
        <translation>程序结束时被中断</translation>
    </message>
    <message>
        <source>Cut off when the program ended, after {time}.</source>
        <translation>运行 {time}后，在程序结束时被中断。</translation>
    </message>
    <message>
        <source>Cut off when the program ended, after {time}. It had been asked to stop.</source>
        <translation>运行 {time}后，在程序结束时被中断。此前已请求它停止。</translation>
    </message>
    <message>
        <source>Cut off when the program ended, before it started.</source>
        <translation>尚未开始，程序结束时被中断。</translation>
    </message>
    <message>
        <source>Dask can only forget it: a function that runs goes on, unseen, until it returns</source>
        <translation>Dask 只能忘记它：正在运行的函数会在看不见的地方继续，直到返回</translation>
    </message>
    <message>
        <source>Dask can only forget them: functions that run go on, unseen, until they return</source>
        <translation>Dask 只能忘记它们：正在运行的函数会在看不见的地方继续，直到返回</translation>
    </message>
    <message>
        <source>Dask has forgotten it: how it has ended is not known</source>
        <translation>Dask 已忘记它：不知道它如何结束</translation>
    </message>
    <message>
        <source>Dask has forgotten the rest: it was cancelled, or nobody wants it any more</source>
        <translation>Dask 已忘记其余部分：它们已被取消，或不再有人需要</translation>
    </message>
    <message>
        <source>Deadlock</source>
        <translation>死锁</translation>
    </message>
    <message>
        <source>Ended ({n})</source>
        <translation>已结束（{n}）</translation>
    </message>
    <message>
        <source>Ended by {signal}</source>
        <translation>被 {signal} 终止</translation>
    </message>
    <message>
        <source>Ended with status {n}</source>
        <translation>已结束，状态为 {n}</translation>
    </message>
    <message>
        <source>Ended, status not known</source>
        <translation>已结束，状态未知</translation>
    </message>
    <message>
        <source>Export the timeline</source>
        <translation>导出时间线</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>For Python code that computes, on several processors of this machine, and for code that may crash: only its own task fails then. What it is given and what it returns is copied.</source>
        <translation>适合用本机多个处理器执行的 Python 计算，以及可能崩溃的代码：崩溃时只有它自己的任务失败。传入和返回的数据都会被复制。</translation>
    </message>
    <message>
        <source>For more work than one machine can do: it runs on the workers of Dask, on as many machines as there are. Each of them needs taskmon and your modules. What a task is given and returns goes over the network, and where one machine is enough, a cluster only makes it slower.</source>
        <translation>适合一台机器做不完的工作：任务在 Dask 的工作进程中运行，机器数量不限。每台机器都需要安装 taskmon 和您的模块。任务的输入和结果都要经过网络；如果一台机器就够用，集群只会更慢。</translation>
    </message>
    <message>
        <source>How it ended was not seen.</source>
        <translation>未能看到它如何结束。</translation>
    </message>
    <message>
        <source>How it stops</source>
        <translation>如何停止</translation>
    </message>
    <message>
        <source>If they are in another folder, name it as well.</source>
        <translation>如果文件在别的文件夹中，请同时指明该文件夹。</translation>
    </message>
    <message>
        <source>In a call</source>
        <translation>在调用中</translation>
    </message>
    <message>
        <source>In a deadlock, or does not respond to the request to stop</source>
        <translation>处于死锁中，或对停止请求没有响应</translation>
    </message>
    <message>
        <source>In {call}, {where}: the same at each look for {time}.</source>
        <translation>位于 {call}，{where}：{time}内每次查看都相同。</translation>
    </message>
    <message>
        <source>In {what}</source>
        <translation>在 {what} 中</translation>
    </message>
    <message>
        <source>Interrupt (SIGINT)</source>
        <translation>中断（SIGINT）</translation>
    </message>
    <message>
        <source>It belongs to {user}. Run taskmon as that user to attach to it.</source>
        <translation>它属于 {user}。请以该用户运行 taskmon 来附加。</translation>
    </message>
    <message>
        <source>It cannot be sent to the cluster</source>
        <translation>无法发送到集群</translation>
    </message>
    <message>
        <source>It cannot notice a stop before it gets the lock.</source>
        <translation>在得到锁之前，它无法察觉停止请求。</translation>
    </message>
    <message>
        <source>It cannot notice a stop before {call} returns.</source>
        <translation>在 {call} 返回之前，它无法察觉停止请求。</translation>
    </message>
    <message>
        <source>It did not come to a place where it could load anything, so nothing was done: try again, or wait until it does with --wait.</source>
        <translation>它没有运行到可以载入内容的位置，因此什么也没有做：请重试，或用 --wait 等待。</translation>
    </message>
    <message>
        <source>It ended at {done} of {total}.</source>
        <translation>它在 {done}/{total} 处结束。</translation>
    </message>
    <message>
        <source>It ends at once and cannot clean up: what it is writing may be left half written.</source>
        <translation>它会立即结束，无法清理：正在写入的内容可能只写了一半。</translation>
    </message>
    <message>
        <source>It has begun to load taskmon and does not answer: its threads may keep Python to themselves. If it appears in the window later, all is well.</source>
        <translation>它已开始载入 taskmon，但没有回应：它的线程可能一直占用 Python。如果它稍后出现在窗口中，则一切正常。</translation>
    </message>
    <message>
        <source>It has changed its rights since its start, so the system lets nobody but root look into it: start it with “taskmon run”.</source>
        <translation>它在启动后更改了权限，系统只允许 root 查看：请用“taskmon run”启动它。</translation>
    </message>
    <message>
        <source>It has ended, but how was lost on the way</source>
        <translation>它已结束，但如何结束的消息在途中丢失</translation>
    </message>
    <message>
        <source>It has put others in the place of Python&apos;s threads, as gevent and eventlet do: restart it with “taskmon run”.</source>
        <translation>它替换了 Python 的线程（如 gevent 和 eventlet 所做）：请用“taskmon run”重新启动它。</translation>
    </message>
    <message>
        <source>It has returned to {library}.</source>
        <translation>它已返回给 {library}。</translation>
    </message>
    <message>
        <source>It is asked to end, and may clean up before it does.</source>
        <translation>请它结束；结束前它可以先清理。</translation>
    </message>
    <message>
        <source>It is not attached.</source>
        <translation>它没有被附加。</translation>
    </message>
    <message>
        <source>It is on its worker, where it may begin at any moment, and Dask cannot stop what has begun</source>
        <translation>它已在工作节点上，随时可能开始，而 Dask 无法停止已经开始的任务</translation>
    </message>
    <message>
        <source>It runs Python {version}, which can be looked at but not asked for anything: restart it with “taskmon run” to be able to cancel.</source>
        <translation>它运行 Python {version}，只能查看，不能提出请求：要能取消，请用“taskmon run”重新启动它。</translation>
    </message>
    <message>
        <source>It runs Python {version}, which is newer than this taskmon knows: update taskmon, or restart it with “taskmon run”.</source>
        <translation>它运行 Python {version}，比此 taskmon 所知的更新：请更新 taskmon，或用“taskmon run”重新启动它。</translation>
    </message>
    <message>
        <source>It runs Python {version}, which is too old to be looked at or watched: 3.11 and newer can be started with “taskmon run”.</source>
        <translation>它运行 Python {version}，太旧，无法查看或观察：3.11 及更新版本可用“taskmon run”启动。</translation>
    </message>
    <message>
        <source>It runs a free-threaded Python, to which taskmon does not attach: restart it with “taskmon run”.</source>
        <translation>它运行自由线程的 Python，taskmon 不附加到其上：请用“taskmon run”重新启动它。</translation>
    </message>
    <message>
        <source>It runs a preview of Python {version}, of which nothing is certain yet: restart it with “taskmon run”.</source>
        <translation>它运行 Python {version} 的预览版，其内部尚未确定：请用“taskmon run”重新启动它。</translation>
    </message>
    <message>
        <source>It runs in a container or in a root folder of its own, where {path} is not this taskmon&apos;s: install taskmon there, and attach from within.</source>
        <translation>它运行在容器或自己的根目录中，那里的 {path} 不属于此 taskmon：请在其中安装 taskmon，并从内部附加。</translation>
    </message>
    <message>
        <source>It sleeps for {time} more, and cannot notice a stop before that.</source>
        <translation>它还要睡眠 {time}，在此之前无法察觉停止请求。</translation>
    </message>
    <message>
        <source>It was asked to end, as Ctrl-C does. What is firmer is offered in the details, in its time</source>
        <translation>已像 Ctrl-C 那样请它结束。更强硬的方式稍后会在详细信息中提供</translation>
    </message>
    <message>
        <source>It was left alone, and nothing was said of why.</source>
        <translation>没有触碰它，也没有给出原因。</translation>
    </message>
    <message>
        <source>It was started with -X disable-remote-debug or PYTHON_DISABLE_REMOTE_DEBUG and lets nobody in: restart it without, or with “taskmon run”.</source>
        <translation>它以 -X disable-remote-debug 或 PYTHON_DISABLE_REMOTE_DEBUG 启动，不允许任何人进入：请去掉后重新启动，或用“taskmon run”启动。</translation>
    </message>
    <message>
        <source>It was started with “taskmon run”, and is watched for as long as it runs.</source>
        <translation>它由“taskmon run”启动，在运行期间一直被观察。</translation>
    </message>
    <message>
        <source>Its Python does not look inside as taskmon knows it, so nothing was touched: restart it with “taskmon run”.</source>
        <translation>它的 Python 内部与 taskmon 所知的不同，因此什么也没有改动：请用“taskmon run”重新启动它。</translation>
    </message>
    <message>
        <source>Its Python has been replaced by an update since its start: restart it, then attach.</source>
        <translation>它的 Python 在启动后已被更新替换：请重新启动它，然后再附加。</translation>
    </message>
    <message>
        <source>Its Python is starting or ending at this moment: try again.</source>
        <translation>它的 Python 此刻正在启动或结束：请重试。</translation>
    </message>
    <message>
        <source>Its exit status is not known.</source>
        <translation>退出状态未知。</translation>
    </message>
    <message>
        <source>Its program ended by {signal}</source>
        <translation>所属程序被 {signal} 终止</translation>
    </message>
    <message>
        <source>Its program ended with status {n}</source>
        <translation>所属程序已结束，状态为 {n}</translation>
    </message>
    <message>
        <source>Its program has become another program, {name}, which is not watched</source>
        <translation>它的程序已变成另一个程序 {name}，后者不受监视</translation>
    </message>
    <message>
        <source>Its program started itself anew</source>
        <translation>它的程序重新启动了自己</translation>
    </message>
    <message>
        <source>Its result cannot be moved here</source>
        <translation>无法把结果取回此处</translation>
    </message>
    <message>
        <source>Its user cannot read {path}, which it would have to load: install taskmon where that is possible.</source>
        <translation>它的用户无法读取需要载入的 {path}：请把 taskmon 安装在可读取的位置。</translation>
    </message>
    <message>
        <source>Its worker was lost</source>
        <translation>它的工作节点已丢失</translation>
    </message>
    <message>
        <source>Keep it running</source>
        <translation>让它继续运行</translation>
    </message>
    <message>
        <source>Kill (SIGKILL)</source>
        <translation>强制结束（SIGKILL）</translation>
    </message>
    <message>
        <source>Lock holder</source>
        <translation>锁的持有者</translation>
    </message>
    <message>
        <source>Look only</source>
        <translation>仅查看</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>More than 10 minutes of work may be lost:</source>
        <translation>可能会丢失超过 10 分钟的工作：</translation>
    </message>
    <message>
        <source>Cancelling a thread cannot end it.</source>
        <translation>取消其中任何线程都无法结束它。</translation>
    </message>
    <message>
        <source>&amp;Detach</source>
        <translation>脱离(&amp;D)</translation>
    </message>
    <message>
        <source>(with {n} beneath it)</source>
        <translation>（含其下 {n} 个任务）</translation>
    </message>
    <message>
        <source>1 byte</source>
        <translation>1 字节</translation>
    </message>
    <message>
        <source>1 byte a second</source>
        <translation>每秒 1 字节</translation>
    </message>
    <message>
        <source>1 of its calls has no row of its own</source>
        <translation>其中 1 个调用没有单独的行</translation>
    </message>
    <message>
        <source>1 worker, 1 task to do</source>
        <translation>1 个工作进程，1 个任务待完成</translation>
    </message>
    <message>
        <source>1 worker, {n} tasks to do</source>
        <translation>1 个工作进程，{n} 个任务待完成</translation>
    </message>
    <message>
        <source>A flag that ends it and nothing else would give it a Cancel.</source>
        <translation>若有一个只结束它、不影响其他工作的停止标志，它就可以被取消。</translation>
    </message>
    <message>
        <source>All {n} files are as the manifest says ({size} read).</source>
        <translation>全部 {n} 个文件都与清单一致（读取了 {size}）。</translation>
    </message>
    <message>
        <source>Asked to stop {time} ago, {whom}: {what}.</source>
        <translation>{time}前已请求停止（{whom}）：{what}。</translation>
    </message>
    <message>
        <source>Asked to stop {time} before</source>
        <translation>{time}前已被请求停止</translation>
    </message>
    <message>
        <source>Attach shows every thread, with a Cancel where there is a stop flag; it needs Python 3.14, and some modules of taskmon, about {size} MB, stay in the program until it ends.</source>
        <translation>“附加”会显示每个线程，有停止标志的可以取消；它需要 Python 3.14，并且 taskmon 的一些模块（约 {size} MB）会留在程序中，直到它结束。</translation>
    </message>
    <message>
        <source>Cancelled because its runner was shut down</source>
        <translation>因其运行器已关闭而取消</translation>
    </message>
    <message>
        <source>Cancelled because the program quit</source>
        <translation>因程序退出而取消</translation>
    </message>
    <message>
        <source>Cancelling… {time} · {what}</source>
        <translation>正在取消… {time} · {what}</translation>
    </message>
    <message>
        <source>Cannot detach</source>
        <translation>无法分离</translation>
    </message>
    <message>
        <source>Click to sort, drag to move, right-click for more columns. Sorted by a figure that changes, programs keep their places until the next click; what is in them is sorted every few seconds.</source>
        <translation>点击排序，拖动移动，右键选择更多列。按会变化的数值排序时，程序的位置保持到下一次点击；其中的各行每隔几秒重新排序。</translation>
    </message>
    <message>
        <source>Connection to {name}</source>
        <translation>与 {name} 的连接</translation>
    </message>
    <message>
        <source>Counting… {n} file</source>
        <translation>正在计数… {n} 个文件</translation>
    </message>
    <message>
        <source>Counting… {n} files</source>
        <translation>正在计数… {n} 个文件</translation>
    </message>
    <message>
        <source>Ctrl-C (SIGINT)</source>
        <translation>Ctrl-C（SIGINT）</translation>
    </message>
    <message>
        <source>Ended at</source>
        <translation>结束时间</translation>
    </message>
    <message>
        <source>Environment variables</source>
        <translation>环境变量</translation>
    </message>
    <message>
        <source>Give its loop a stop flag to look at: if stop_event.is_set(): return.</source>
        <translation>为其循环添加一个停止标志并在循环中检查：if stop_event.is_set(): return。</translation>
    </message>
    <message>
        <source>Holds {lock}, 1 waits</source>
        <translation>持有{lock}，1 个线程在等待</translation>
    </message>
    <message>
        <source>Holds {lock}, {n} wait</source>
        <translation>持有{lock}，{n} 个线程在等待</translation>
    </message>
    <message>
        <source>In {call}, {where}: seen there again and again over {time}.</source>
        <translation>在 {call}，{where}：{time}内多次看到它在那里。</translation>
    </message>
    <message>
        <source>It cannot be sent to the cluster: {problem}</source>
        <translation>无法发送到集群：{problem}</translation>
    </message>
    <message>
        <source>It comes back from these calls: let the loop call ctx.checkpoint() between them.</source>
        <translation>它会从这些调用中返回：让循环在各次调用之间执行 ctx.checkpoint()。</translation>
    </message>
    <message>
        <source>It ended while its program could not be heard</source>
        <translation>它在程序失去联系期间结束</translation>
    </message>
    <message>
        <source>It had been asked to stop {time} before, {whom}.</source>
        <translation>在此 {time}之前已请求它停止（{whom}）。</translation>
    </message>
    <message>
        <source>It has a way to stop, which it has not come to since it was asked: let the code that it is in look there.</source>
        <translation>它有停止的方式，但自被请求以来还没有执行到那里：让它正在执行的代码也检查一下。</translation>
    </message>
    <message>
        <source>It has failed</source>
        <translation>它失败了</translation>
    </message>
    <message>
        <source>It holds {lock}, for which {name} waits.</source>
        <translation>它持有{lock}，{name} 正在等待它。</translation>
    </message>
    <message>
        <source>It holds {lock}, for which {n} threads wait.</source>
        <translation>它持有{lock}，有 {n} 个线程正在等待它。</translation>
    </message>
    <message>
        <source>It left through a {name}.</source>
        <translation>它因 {name} 而退出。</translation>
    </message>
    <message>
        <source>It was asked by its Cancel, which {means}.</source>
        <translation>已通过取消请求它停止：{means}。</translation>
    </message>
    <message>
        <source>It was sent {signals}.</source>
        <translation>已向它发送：{signals}。</translation>
    </message>
    <message>
        <source>Its parts count different things, so they have no speed together.</source>
        <translation>它的各部分计数的内容不同，因此没有共同的速度。</translation>
    </message>
    <message>
        <source>Its result cannot be moved here: {problem}</source>
        <translation>它的结果无法传到这里：{problem}</translation>
    </message>
    <message>
        <source>Its tasks were asked to stop {time} ago, its main thread was not; it still runs</source>
        <translation>{time} 前已请求它的任务停止，但未请求它的主线程；它仍在运行</translation>
    </message>
    <message>
        <source>Its tasks were asked to stop {time} ago, {whom}; its main thread was not, and it still runs.</source>
        <translation>{time} 前{whom}请求它的任务停止；它的主线程未被请求，仍在运行。</translation>
    </message>
    <message>
        <source>Its timeout is long: use a shorter one, and look at the stop flag between the calls.</source>
        <translation>它的超时时间很长：请改用较短的超时，并在各次调用之间查看停止标志。</translation>
    </message>
    <message>
        <source>Its timeout is long: use a shorter one, in a loop with ctx.checkpoint().</source>
        <translation>它的超时时间很长：请改用较短的超时，并在循环中执行 ctx.checkpoint()。</translation>
    </message>
    <message>
        <source>Its work was done, but its result was lost together with the contact</source>
        <translation>它的工作已经完成，但结果随联系一起丢失了</translation>
    </message>
    <message>
        <source>Its worker was lost: Dask gave it up after 1 attempt</source>
        <translation>它的工作节点已丢失：Dask 在 1 次尝试后放弃了它</translation>
    </message>
    <message>
        <source>Its workers were lost, one after the other: Dask gave it up after {n} attempts</source>
        <translation>它的工作节点接连丢失：Dask 在 {n} 次尝试后放弃了它</translation>
    </message>
    <message>
        <source>Lets the program go on without taskmon; it can be attached to again</source>
        <translation>让程序脱离 taskmon 继续运行；之后可以再次附加</translation>
    </message>
    <message>
        <source>Look only shows threads and stacks from outside, and changes nothing.</source>
        <translation>“仅查看”从外部显示线程和调用栈，不会改变任何东西。</translation>
    </message>
    <message>
        <source>No Python program of yours runs.</source>
        <translation>您没有正在运行的 Python 程序。</translation>
    </message>
    <message>
        <source>No command has these letters.</source>
        <translation>没有匹配的命令。</translation>
    </message>
    <message>
        <source>No contact since {time}</source>
        <translation>自 {time} 起失去联系</translation>
    </message>
    <message>
        <source>No contact with the cluster since {time}</source>
        <translation>自 {time} 起与集群失去联系</translation>
    </message>
    <message>
        <source>No editor was found. Name one in the settings, at “Open code with”.</source>
        <translation>没有找到编辑器。请在设置的“打开代码时使用”中指定一个。</translation>
    </message>
    <message>
        <source>No way to stop was found for:</source>
        <translation>未找到停止以下任务的方法：</translation>
    </message>
    <message>
        <source>None of its threads runs Python code at this moment, so nothing was done: wait until one does with --wait, or wake one from a call in which it waits with --wake.</source>
        <translation>此刻它没有线程在运行 Python 代码，因此什么也没有做：用 --wait 等待，或用 --wake 唤醒一个正在等待的调用。</translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation>未连接</translation>
    </message>
    <message>
        <source>Not looked at</source>
        <translation>未查看</translation>
    </message>
    <message>
        <source>Nothing has been at work yet</source>
        <translation>还没有任何任务运行过</translation>
    </message>
    <message>
        <source>Nothing is cancelled. When taskmon is started again, it shows what still runs by then.</source>
        <translation>不会取消任何任务。再次启动 taskmon 时，会显示届时仍在运行的任务。</translation>
    </message>
    <message>
        <source>Nothing is recorded yet.</source>
        <translation>还没有记录任何内容。</translation>
    </message>
    <message>
        <source>Nothing runs in this window</source>
        <translation>此窗口中没有任务在运行</translation>
    </message>
    <message>
        <source>Nothing to retry: what has failed is part of other work, or was retried already.</source>
        <translation>没有可重试的任务：失败的任务属于其他工作，或已经重试过。</translation>
    </message>
    <message>
        <source>Nothing was asked to stop: no way was found for {names}.</source>
        <translation>没有请求任何任务停止：未找到停止 {names} 的方法。</translation>
    </message>
    <message>
        <source>On this system, taskmon cannot attach to a program that runs: start it with “taskmon run”.</source>
        <translation>在此系统上，taskmon 无法附加到运行中的程序：请用“taskmon run”启动它。</translation>
    </message>
    <message>
        <source>One of its threads waits in the system for a disk or the network and cannot be held for a moment: try again.</source>
        <translation>它的一个线程正在系统中等待磁盘或网络，暂时无法停住：请重试。</translation>
    </message>
    <message>
        <source>One of them is the main thread: what Ctrl-C does may end its wait.</source>
        <translation>其中一个是主线程：Ctrl-C 也许能结束它的等待。</translation>
    </message>
    <message>
        <source>Only a program that was attached to when it ran can be let go.</source>
        <translation>只有在运行中被附加的程序才能分离。</translation>
    </message>
    <message>
        <source>Only jobs, tasks of the library and progress bars can be paused.</source>
        <translation>只有作业、使用本库编写的任务和进度条可以暂停。</translation>
    </message>
    <message>
        <source>Only what was started from this window, and has ended, runs again.</source>
        <translation>只有从本窗口启动且已结束的任务才能再次运行。</translation>
    </message>
    <message>
        <source>Open the file</source>
        <translation>打开文件</translation>
    </message>
    <message>
        <source>Open {file}, line {line}</source>
        <translation>打开 {file} 第 {line} 行</translation>
    </message>
    <message>
        <source>Optional: another Python</source>
        <translation>可选：其他 Python</translation>
    </message>
    <message>
        <source>Other programs cannot be shown: {problem}.</source>
        <translation>无法显示其他程序：{problem}。</translation>
    </message>
    <message>
        <source>Other tasks need its result, and would be cancelled with it</source>
        <translation>其他任务需要它的结果，会随之一起被取消</translation>
    </message>
    <message>
        <source>Outside Python</source>
        <translation>在 Python 之外</translation>
    </message>
    <message>
        <source>Part of it: {error}</source>
        <translation>其中之一：{error}</translation>
    </message>
    <message>
        <source>Pause view</source>
        <translation>暂停视图</translation>
    </message>
    <message>
        <source>Picture (PNG)…</source>
        <translation>图片 (PNG)…</translation>
    </message>
    <message>
        <source>Process {pid} does not run Python, as far as can be seen; “taskmon attach --list” shows what does.</source>
        <translation>就所见而言，进程 {pid} 没有运行 Python；“taskmon attach --list”会列出运行 Python 的进程。</translation>
    </message>
    <message>
        <source>Process {pid} is taskmon itself.</source>
        <translation>进程 {pid} 是 taskmon 本身。</translation>
    </message>
    <message>
        <source>Program: nothing was given. Choose a Python file, or name a command.</source>
        <translation>程序：未填写。请选择 Python 文件，或输入命令名称。</translation>
    </message>
    <message>
        <source>Python</source>
        <translation>Python</translation>
    </message>
    <message>
        <source>Queued</source>
        <translation>排队中</translation>
    </message>
    <message>
        <source>Queued ({n} of {total})</source>
        <translation>排队中（{total} 个中的 {n} 个）</translation>
    </message>
    <message>
        <source>Queued ({n})</source>
        <translation>排队中（{n}）</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>Quit taskmon?</source>
        <translation>要退出 taskmon 吗？</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>读取中</translation>
    </message>
    <message>
        <source>Reading file</source>
        <translation>读取文件</translation>
    </message>
    <message>
        <source>Reading pipe</source>
        <translation>读取管道</translation>
    </message>
    <message>
        <source>Reading socket</source>
        <translation>读取套接字</translation>
    </message>
    <message>
        <source>Reading, writing</source>
        <translation>读写</translation>
    </message>
    <message>
        <source>Recorded since {time}</source>
        <translation>记录始于 {time}</translation>
    </message>
    <message>
        <source>Returned; its result was not seen</source>
        <translation>已返回；未看到其结果</translation>
    </message>
    <message>
        <source>Run program</source>
        <translation>运行程序</translation>
    </message>
    <message>
        <source>Run {name}: you are asked first</source>
        <translation>运行 {name}：会先询问</translation>
    </message>
    <message>
        <source>Running Python programs</source>
        <translation>正在运行的 Python 程序</translation>
    </message>
    <message>
        <source>Runs a Python program, or any command, as it is. The threads, executors and progress bars of a Python program get rows, and those that have a stop flag a Cancel that sets it. What another command prints is its log, and its Cancel is Ctrl-C. It goes on when taskmon is closed.</source>
        <translation>原样运行 Python 程序或任意命令。Python 程序的线程、执行器和进度条各有一行；有停止标志的可以取消，即设置该标志。其他命令的输出就是其日志，取消相当于 Ctrl-C。关闭 taskmon 后它会继续运行。</translation>
    </message>
    <message>
        <source>Runs for</source>
        <translation>已运行</translation>
    </message>
    <message>
        <source>Scheduler</source>
        <translation>调度器</translation>
    </message>
    <message>
        <source>Scheduler: an address has no spaces in it.</source>
        <translation>调度器：地址中不能有空格。</translation>
    </message>
    <message>
        <source>Scheduler: nothing was given, such as tcp://127.0.0.1:8786.</source>
        <translation>调度器：未填写地址，例如 tcp://127.0.0.1:8786。</translation>
    </message>
    <message>
        <source>See every background thread your Python programs run. Each is asked to stop where it has a safe way to; where it has none, that is said.</source>
        <translation>查看你的 Python 程序运行的每一个后台线程。凡有安全方式停止的，会请求它停止；没有的，则会说明。</translation>
    </message>
    <message>
        <source>Send a signal</source>
        <translation>发送信号</translation>
    </message>
    <message>
        <source>Set sock.settimeout(seconds) and look at a stop flag in between, or shut the socket down to end it.</source>
        <translation>设置 sock.settimeout(秒数) 并在其间检查停止标志，或关闭套接字来结束它。</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Show everything that the cluster has to do</source>
        <translation>显示集群的全部工作</translation>
    </message>
    <message>
        <source>Show the thread that holds it</source>
        <translation>显示持有它的线程</translation>
    </message>
    <message>
        <source>Show them</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Show {name}</source>
        <translation>显示 {name}</translation>
    </message>
    <message>
        <source>Shows the tasks that taskmon runs on a Dask cluster, each with its worker and a Cancel. Connecting means trusting that cluster, as with every client of Dask: what it sends is unpickled, by a process of its own that ends with the window.</source>
        <translation>显示 taskmon 在 Dask 集群上运行的任务，每个任务都标明其工作进程，并可取消。连接即表示信任该集群，与任何 Dask 客户端一样：它发来的内容会被反序列化（unpickle）。这由一个单独的进程完成，该进程随窗口一起结束。</translation>
    </message>
    <message>
        <source>Shows where it is, and what would let it stop</source>
        <translation>显示它停在哪里，以及怎样才能让它停止</translation>
    </message>
    <message>
        <source>Since {time} at least: {who}.</source>
        <translation>至少自 {time} 起：{who}。</translation>
    </message>
    <message>
        <source>Since {time}: {who}.</source>
        <translation>自 {time} 起：{who}。</translation>
    </message>
    <message>
        <source>Sleeping</source>
        <translation>休眠中</translation>
    </message>
    <message>
        <source>Sleeping, waiting</source>
        <translation>休眠或等待</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>速度</translation>
    </message>
    <message>
        <source>Speed of {name}</source>
        <translation>{name} 的速度</translation>
    </message>
    <message>
        <source>Stack</source>
        <translation>调用栈</translation>
    </message>
    <message>
        <source>Stack (innermost call last)</source>
        <translation>调用栈（最内层的调用在最后）</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Start a job</source>
        <translation>启动作业</translation>
    </message>
    <message>
        <source>Start demo</source>
        <translation>启动演示</translation>
    </message>
    <message>
        <source>Start job…</source>
        <translation>启动作业…</translation>
    </message>
    <message>
        <source>Start the other thread as a subtask, ctx.subtask(…), and wait with ctx.join(…). Or join(timeout) in a loop with ctx.checkpoint().</source>
        <translation>把另一个线程作为子任务启动，即 ctx.subtask(…)，并用 ctx.join(…) 等待。或在循环中使用 join(timeout) 和 ctx.checkpoint()。</translation>
    </message>
    <message>
        <source>Started</source>
        <translation>开始时间</translation>
    </message>
    <message>
        <source>Starting {name}…</source>
        <translation>正在启动 {name}…</translation>
    </message>
    <message>
        <source>Starts the same work again, as a new task</source>
        <translation>把同样的工作作为新任务重新开始</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>State: {state}</source>
        <translation>状态：{state}</translation>
    </message>
    <message>
        <source>States</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Stay</source>
        <translation>留下</translation>
    </message>
    <message>
        <source>Stop asked</source>
        <translation>请求停止</translation>
    </message>
    <message>
        <source>Stop by another way</source>
        <translation>用其他方式停止</translation>
    </message>
    <message>
        <source>Stopped from outside</source>
        <translation>已被外部暂停</translation>
    </message>
    <message>
        <source>Stops within about {time}</source>
        <translation>大约 {time}内停止</translation>
    </message>
    <message>
        <source>Stuck</source>
        <translation>卡住</translation>
    </message>
    <message>
        <source>T&amp;imeline</source>
        <translation>时间线(&amp;I)</translation>
    </message>
    <message>
        <source>Takes it out of this table; nothing else changes</source>
        <translation>从此表中移除；其他不变</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>Tasks</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>Tasks are running</source>
        <translation>有任务正在运行</translation>
    </message>
    <message>
        <source>Tasks running at once</source>
        <translation>同时运行的任务数</translation>
    </message>
    <message>
        <source>Tasks that run are not touched. This cannot be undone; export it first if you may need it.</source>
        <translation>正在运行的任务不受影响。此操作无法撤销；如有需要请先导出。</translation>
    </message>
    <message>
        <source>Tell me when tasks end while I am elsewhere</source>
        <translation>我不在窗口前时，任务结束后通知我</translation>
    </message>
    <message>
        <source>Terminate (SIGTERM)</source>
        <translation>终止（SIGTERM）</translation>
    </message>
    <message>
        <source>That did not work</source>
        <translation>操作没有成功</translation>
    </message>
    <message>
        <source>The algorithm {name} is not available on this computer. Choose another one.</source>
        <translation>本机没有算法 {name}。请选择其他算法。</translation>
    </message>
    <message>
        <source>The button {button} asks it to end; it may clean up before it does.</source>
        <translation>按钮“{button}”请求它结束；它可以先进行清理。</translation>
    </message>
    <message>
        <source>The button {button} ends it at once; it cannot clean up.</source>
        <translation>按钮“{button}”立即结束它；它无法清理。</translation>
    </message>
    <message>
        <source>The button {button} interrupts it, as Ctrl-C does.</source>
        <translation>按钮“{button}”像 Ctrl-C 一样中断它。</translation>
    </message>
    <message>
        <source>The call computes in C and cannot be interrupted. Split the work and call ctx.checkpoint() between the parts, or run it in a process of its own: taskmon.isolated.</source>
        <translation>该调用在 C 中计算，无法中断。请拆分工作并在各部分之间调用 ctx.checkpoint()，或在单独的进程中运行：taskmon.isolated。</translation>
    </message>
    <message>
        <source>The chart begins after two seconds.</source>
        <translation>图表在两秒后开始。</translation>
    </message>
    <message>
        <source>The checksum cannot be computed</source>
        <translation>无法计算校验和</translation>
    </message>
    <message>
        <source>The client was closed, or has lost its scheduler: Dask gives up its tasks</source>
        <translation>客户端已关闭，或与调度器失去联系：Dask 放弃了它的任务</translation>
    </message>
    <message>
        <source>The cluster has forgotten it: it was cancelled there, or the contact was lost for a while</source>
        <translation>集群已忘记它：它在那里被取消，或者曾一度失去联系</translation>
    </message>
    <message>
        <source>The command for the editor lacks a closing quotation mark.</source>
        <translation>编辑器命令缺少右引号。</translation>
    </message>
    <message>
        <source>The desktop has opened no program for it. It is here: {path}</source>
        <translation>桌面没有用任何程序打开它。它在这里：{path}</translation>
    </message>
    <message>
        <source>The disk reported an error</source>
        <translation>磁盘报告了错误</translation>
    </message>
    <message>
        <source>The file was not opened</source>
        <translation>文件没有打开</translation>
    </message>
    <message>
        <source>The file was not written</source>
        <translation>文件没有写入</translation>
    </message>
    <message>
        <source>The files are not as the manifest says</source>
        <translation>文件与清单不一致</translation>
    </message>
    <message>
        <source>The first choice: for what waits for disks, networks and other programs, and for libraries in C that let others run while they compute. Threads share memory, so nothing has to be copied; but only one of them runs Python code at a time, however many processors there are.</source>
        <translation>首选：适合等待磁盘、网络和其他程序的工作，以及计算时让出解释器的 C 语言库。线程共享内存，无需复制数据；但无论有多少处理器，同一时刻只有一个线程执行 Python 代码。</translation>
    </message>
    <message>
        <source>The folder cannot be read</source>
        <translation>无法读取文件夹</translation>
    </message>
    <message>
        <source>The folder of the script</source>
        <translation>脚本所在的文件夹</translation>
    </message>
    <message>
        <source>The folders are on different drives. Give folders of one drive, or run one job for each.</source>
        <translation>这些文件夹位于不同的驱动器。请指定同一驱动器上的文件夹，或分别启动作业。</translation>
    </message>
    <message>
        <source>The function is the same in each of them, with the same progress, log, pause and Cancel. A checkpoint costs less than 0.0002 ms everywhere, since it never asks the network. Measured on a machine with two busy processors.</source>
        <translation>三种方式使用同一个函数，进度、日志、暂停和取消也都相同。检查点从不经过网络，在任何地方的开销都不到 0.0002 毫秒。以上数据在一台有两个繁忙处理器的机器上测得。</translation>
    </message>
    <message>
        <source>The history cannot be read</source>
        <translation>无法读取历史记录</translation>
    </message>
    <message>
        <source>The history cannot be written at the moment</source>
        <translation>目前无法写入历史记录</translation>
    </message>
    <message>
        <source>The history is not saved</source>
        <translation>历史记录没有保存</translation>
    </message>
    <message>
        <source>The history is shown, but not added to</source>
        <translation>可以查看历史记录，但不会添加新内容</translation>
    </message>
    <message>
        <source>The history was damaged, and a new one has been started</source>
        <translation>历史记录已损坏，已新建一份</translation>
    </message>
    <message>
        <source>The history was not deleted</source>
        <translation>历史记录没有删除</translation>
    </message>
    <message>
        <source>The job was not started</source>
        <translation>作业没有启动</translation>
    </message>
    <message>
        <source>The log was not saved</source>
        <translation>日志没有保存</translation>
    </message>
    <message>
        <source>The manifest cannot be read</source>
        <translation>无法读取清单</translation>
    </message>
    <message>
        <source>The old one is kept as “{path}”.</source>
        <translation>旧的已保留为“{path}”。</translation>
    </message>
    <message>
        <source>The one file is as the manifest says ({size} read).</source>
        <translation>唯一的文件与清单一致（读取了 {size}）。</translation>
    </message>
    <message>
        <source>The program can be ended: Cancel {name} (Ctrl-C), then {signal} after {time}.</source>
        <translation>可以结束整个程序：取消 {name}（Ctrl-C），{time}后可发送 {signal}。</translation>
    </message>
    <message>
        <source>The program can be ended: Cancel {name}, then {signal} after {time}.</source>
        <translation>可以结束整个程序：取消 {name}，{time}后可发送 {signal}。</translation>
    </message>
    <message>
        <source>The program can be ended: Cancel {name}; if it goes on, SIGINT, then {signal} after {time}.</source>
        <translation>可以结束该程序：取消 {name}；如果它仍在继续，先发送 SIGINT，{time}后再发送 {signal}。</translation>
    </message>
    <message>
        <source>The program can be ended: send {signal} to {name}.</source>
        <translation>可以结束整个程序：向 {name} 发送 {signal}。</translation>
    </message>
    <message>
        <source>The program has gone without a word</source>
        <translation>程序已消失，没有任何说明</translation>
    </message>
    <message>
        <source>The program is still there, but has broken off its connection</source>
        <translation>程序仍在运行，但已断开连接</translation>
    </message>
    <message>
        <source>The program is still there, but shows its tasks no more</source>
        <translation>程序仍在运行，但不再显示它的任务</translation>
    </message>
    <message>
        <source>The program was not started</source>
        <translation>程序没有启动</translation>
    </message>
    <message>
        <source>The request is withdrawn; the program was left alone.</source>
        <translation>请求已撤回；没有触碰该程序。</translation>
    </message>
    <message>
        <source>The settings could not be read: {problem}. Defaults are used.</source>
        <translation>无法读取设置：{problem}。将使用默认值。</translation>
    </message>
    <message>
        <source>The settings file cannot be read ({problem}). Defaults are used.</source>
        <translation>无法读取设置文件（{problem}）。将使用默认值。</translation>
    </message>
    <message>
        <source>The settings file could not be understood, so it was set aside as “{name}”. Defaults are used.</source>
        <translation>设置文件无法识别，已另存为“{name}”。将使用默认值。</translation>
    </message>
    <message>
        <source>The stop flag is set. The thread leaves by itself at its next checkpoint</source>
        <translation>停止标志已设置。线程会在下一个检查点自行退出</translation>
    </message>
    <message>
        <source>The system does not permit it, perhaps by the security profile of a container or by SELinux: start it with “taskmon run”.</source>
        <translation>系统不允许，可能是容器的安全配置或 SELinux 所致：请用“taskmon run”启动它。</translation>
    </message>
    <message>
        <source>The task was not restored</source>
        <translation>任务没有恢复</translation>
    </message>
    <message>
        <source>The task was not started</source>
        <translation>任务没有启动</translation>
    </message>
    <message>
        <source>The task was not started again</source>
        <translation>任务没有重新启动</translation>
    </message>
    <message>
        <source>The thread has no Python code to show.</source>
        <translation>该线程没有可显示的 Python 代码。</translation>
    </message>
    <message>
        <source>The tick is the last run of the same work: it had done {share} by this time</source>
        <translation>刻度表示同一工作的上次运行：到此时已完成 {share}</translation>
    </message>
    <message>
        <source>The timeline was not exported</source>
        <translation>时间线未能导出</translation>
    </message>
    <message>
        <source>There is no command “{name}”.</source>
        <translation>没有命令“{name}”。</translation>
    </message>
    <message>
        <source>There is no file “{path}”.</source>
        <translation>没有文件“{path}”。</translation>
    </message>
    <message>
        <source>There is no folder to keep it in: {problem}.</source>
        <translation>没有可以存放它的文件夹：{problem}。</translation>
    </message>
    <message>
        <source>There is no folder “{path}” to run it in.</source>
        <translation>没有可在其中运行的文件夹“{path}”。</translation>
    </message>
    <message>
        <source>There is no home folder: settings will not be saved.</source>
        <translation>没有主文件夹：设置将不会保存。</translation>
    </message>
    <message>
        <source>There is no process {pid}.</source>
        <translation>没有进程 {pid}。</translation>
    </message>
    <message>
        <source>These stop with them:</source>
        <translation>以下任务会一起停止：</translation>
    </message>
    <message>
        <source>They have not started: they will never run</source>
        <translation>它们尚未开始：将永远不会运行</translation>
    </message>
    <message>
        <source>They leave no half-written files.</source>
        <translation>它们不会留下写了一半的文件。</translation>
    </message>
    <message>
        <source>This call has no time limit: it returns when somebody connects.</source>
        <translation>此调用没有时限：有人连接时才会返回。</translation>
    </message>
    <message>
        <source>This call has no time limit: it returns when somebody writes to the pipe or closes it.</source>
        <translation>此调用没有时限：有人向管道写入或关闭管道时才会返回。</translation>
    </message>
    <message>
        <source>This call has no time limit: it returns when the other side sends something or closes.</source>
        <translation>此调用没有时限：对方发送数据或关闭连接时才会返回。</translation>
    </message>
    <message>
        <source>This desktop has no tray at the moment.</source>
        <translation>此桌面目前没有托盘。</translation>
    </message>
    <message>
        <source>This has just changed: look again</source>
        <translation>刚刚发生了变化：请再看一眼</translation>
    </message>
    <message>
        <source>This system lets a program look only into those that it started itself: start it with “taskmon run”, or allow it until the next boot with “sudo sysctl kernel.yama.ptrace_scope=0”.</source>
        <translation>此系统只允许程序查看自己启动的程序：请用“taskmon run”启动它，或用“sudo sysctl kernel.yama.ptrace_scope=0”允许到下次启动为止。</translation>
    </message>
    <message>
        <source>This system lets nobody look into other programs until it is booted anew (kernel.yama.ptrace_scope is 3): start it with “taskmon run”.</source>
        <translation>在重新启动之前，此系统不允许查看其他程序（kernel.yama.ptrace_scope 为 3）：请用“taskmon run”启动它。</translation>
    </message>
    <message>
        <source>This system lets only root look into other programs (kernel.yama.ptrace_scope is 2): start it with “taskmon run”.</source>
        <translation>此系统只允许 root 查看其他程序（kernel.yama.ptrace_scope 为 2）：请用“taskmon run”启动它。</translation>
    </message>
    <message>
        <source>This window</source>
        <translation>本窗口</translation>
    </message>
    <message>
        <source>Thread</source>
        <translation>线程</translation>
    </message>
    <message>
        <source>Thread, process or cluster?</source>
        <translation>线程、进程还是集群？</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程</translation>
    </message>
    <message>
        <source>Time left</source>
        <translation>剩余时间</translation>
    </message>
    <message>
        <source>Timed out</source>
        <translation>超时</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>时间线</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>Today {time}</source>
        <translation>今天 {time}</translation>
    </message>
    <message>
        <source>Took</source>
        <translation>耗时</translation>
    </message>
    <message>
        <source>Trace for Perfetto (JSON)…</source>
        <translation>供 Perfetto 使用的跟踪 (JSON)…</translation>
    </message>
    <message>
        <source>Traceback</source>
        <translation>回溯信息</translation>
    </message>
    <message>
        <source>Try it</source>
        <translation>试一试</translation>
    </message>
    <message>
        <source>Try other words, another state or a longer time.</source>
        <translation>请换个词、换个状态或选择更长的时间。</translation>
    </message>
    <message>
        <source>Und&amp;o cancel</source>
        <translation>撤销取消(&amp;O)</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Use at most</source>
        <translation>最多占用</translation>
    </message>
    <message>
        <source>Use ctx.sleep(seconds) in place of time.sleep: a stop ends it at once.</source>
        <translation>用 ctx.sleep(秒数) 代替 time.sleep：停止会让它立即结束。</translation>
    </message>
    <message>
        <source>Use event.wait(seconds) of a threading.Event, not time.sleep: setting the event ends it at once.</source>
        <translation>使用 threading.Event 的 event.wait(秒数)，而不是 time.sleep：设置该事件会让它立即结束。</translation>
    </message>
    <message>
        <source>Use poll(seconds) or a timeout, in a loop with ctx.checkpoint().</source>
        <translation>在带有 ctx.checkpoint() 的循环中使用 poll(秒数) 或超时。</translation>
    </message>
    <message>
        <source>Use put(item, timeout=…) in a loop with ctx.checkpoint(): nobody makes room in the queue.</source>
        <translation>在带有 ctx.checkpoint() 的循环中使用 put(item, timeout=…)：没有谁在腾出队列的空间。</translation>
    </message>
    <message>
        <source>Using all of Python; the window may stutter: run it as a process instead</source>
        <translation>独占了 Python，窗口可能卡顿：建议改为作为进程运行</translation>
    </message>
    <message>
        <source>Verify manifest</source>
        <translation>核对清单</translation>
    </message>
    <message>
        <source>Verify {name}</source>
        <translation>核对 {name}</translation>
    </message>
    <message>
        <source>View</source>
        <translation>视图</translation>
    </message>
    <message>
        <source>Wait with a timeout, in a loop with ctx.checkpoint(); or wait for the stop itself, ctx.stop.wait(seconds), and let ctx.stop.on_stop(event.set) wake it.</source>
        <translation>在带有 ctx.checkpoint() 的循环中限时等待；或等待停止本身，即 ctx.stop.wait(秒数)，并用 ctx.stop.on_stop(event.set) 唤醒它。</translation>
    </message>
    <message>
        <source>Wait with ctx.join(task), which a stop ends. Or result(timeout=…) in a loop with ctx.checkpoint().</source>
        <translation>用 ctx.join(task) 等待，停止会结束它。或在循环中使用 result(timeout=…) 和 ctx.checkpoint()。</translation>
    </message>
    <message>
        <source>Wait, then quit</source>
        <translation>等待完成后退出</translation>
    </message>
    <message>
        <source>Waited</source>
        <translation>等待时间</translation>
    </message>
    <message>
        <source>Waiting at a barrier</source>
        <translation>在屏障处等待</translation>
    </message>
    <message>
        <source>Waiting at a checkpoint</source>
        <translation>在检查点等待</translation>
    </message>
    <message>
        <source>Waiting at barrier {what}</source>
        <translation>在屏障{what}处等待</translation>
    </message>
    <message>
        <source>Waiting for 1 task</source>
        <translation>正在等待 1 个任务</translation>
    </message>
    <message>
        <source>Waiting for a condition</source>
        <translation>等待条件</translation>
    </message>
    <message>
        <source>Waiting for a free worker for {time}.</source>
        <translation>等待空闲的工作线程，已有 {time}。</translation>
    </message>
    <message>
        <source>Waiting for a lock</source>
        <translation>等待锁</translation>
    </message>
    <message>
        <source>Waiting for a process to end</source>
        <translation>等待进程结束</translation>
    </message>
    <message>
        <source>Waiting for a queue</source>
        <translation>等待队列</translation>
    </message>
    <message>
        <source>Waiting for a result</source>
        <translation>等待结果</translation>
    </message>
    <message>
        <source>Waiting for a semaphore</source>
        <translation>等待信号量</translation>
    </message>
    <message>
        <source>Waiting for a thread to end</source>
        <translation>等待线程结束</translation>
    </message>
    <message>
        <source>Waiting for an event</source>
        <translation>等待事件</translation>
    </message>
    <message>
        <source>Waiting for condition {what}</source>
        <translation>等待条件{what}</translation>
    </message>
    <message>
        <source>Waiting for connections</source>
        <translation>等待连接</translation>
    </message>
    <message>
        <source>Waiting for event {what}</source>
        <translation>等待事件{what}</translation>
    </message>
    <message>
        <source>Waiting for events</source>
        <translation>等待事件循环</translation>
    </message>
    <message>
        <source>Waiting for input</source>
        <translation>等待输入</translation>
    </message>
    <message>
        <source>Waiting for input or output</source>
        <translation>等待输入或输出</translation>
    </message>
    <message>
        <source>Waiting for its time</source>
        <translation>等待预定时间</translation>
    </message>
    <message>
        <source>Waiting for lock {what}</source>
        <translation>等待锁{what}</translation>
    </message>
    <message>
        <source>Waiting for process {what}</source>
        <translation>等待进程 {what}</translation>
    </message>
    <message>
        <source>Waiting for queue {what}</source>
        <translation>等待队列{what}</translation>
    </message>
    <message>
        <source>Waiting for room in a queue</source>
        <translation>等待队列空位</translation>
    </message>
    <message>
        <source>Waiting for room in queue {what}</source>
        <translation>等待队列{what}的空位</translation>
    </message>
    <message>
        <source>Waiting for semaphore {what}</source>
        <translation>等待信号量{what}</translation>
    </message>
    <message>
        <source>Waiting for the end of {name}</source>
        <translation>等待 {name} 结束</translation>
    </message>
    <message>
        <source>Waiting for the items of a queue to be done</source>
        <translation>等待队列中的项处理完毕</translation>
    </message>
    <message>
        <source>Waiting for the items of queue {what} to be done</source>
        <translation>等待队列{what}中的项处理完毕</translation>
    </message>
    <message>
        <source>Waiting for the lock of a file</source>
        <translation>等待文件锁</translation>
    </message>
    <message>
        <source>Waiting for the lock of file {what}</source>
        <translation>等待文件 {what} 的锁</translation>
    </message>
    <message>
        <source>Waiting for work</source>
        <translation>等待任务</translation>
    </message>
    <message>
        <source>Waiting for {n} tasks</source>
        <translation>正在等待 {n} 个任务</translation>
    </message>
    <message>
        <source>Waiting has no limit. Cancelled tasks have {time} to clean up.</source>
        <translation>等待没有时限。被取消的任务有 {time} 用于清理。</translation>
    </message>
    <message>
        <source>Waiting in a checkpoint of taskmon, {where}: a stop ends that by itself.</source>
        <translation>在 taskmon 的检查点（{where}）等待：停止会自行结束等待。</translation>
    </message>
    <message>
        <source>Wake it</source>
        <translation>唤醒它</translation>
    </message>
    <message>
        <source>Was at {amount} when taskmon ended</source>
        <translation>taskmon 结束时进行到 {amount}</translation>
    </message>
    <message>
        <source>Watched for {time}. {what}</source>
        <translation>观察了 {time}。{what}</translation>
    </message>
    <message>
        <source>Went on when taskmon was closed</source>
        <translation>taskmon 关闭后继续运行</translation>
    </message>
    <message>
        <source>What becomes of it cannot be seen.</source>
        <translation>看不到它之后的情况。</translation>
    </message>
    <message>
        <source>What it takes to start it is not known.</source>
        <translation>不知道启动它所需的信息。</translation>
    </message>
    <message>
        <source>What would prevent it: one order in which all take these locks, or acquire(timeout=…).</source>
        <translation>预防的办法：所有线程按同一顺序获取这些锁，或使用 acquire(timeout=…)。</translation>
    </message>
    <message>
        <source>Where it is</source>
        <translation>所在位置</translation>
    </message>
    <message>
        <source>While handling: {error}</source>
        <translation>处理此错误时发生：{error}</translation>
    </message>
    <message>
        <source>While these threads wait for each other, none of them can notice a stop.</source>
        <translation>这些线程互相等待时，都无法察觉停止请求。</translation>
    </message>
    <message>
        <source>Whole run</source>
        <translation>整个运行</translation>
    </message>
    <message>
        <source>Why not?</source>
        <translation>为什么不行？</translation>
    </message>
    <message>
        <source>Withdraw</source>
        <translation>撤回</translation>
    </message>
    <message>
        <source>Without a group</source>
        <translation>未分组</translation>
    </message>
    <message>
        <source>Worker</source>
        <translation>工作进程</translation>
    </message>
    <message>
        <source>Workers that only pretend to work, one for each way to be cancelled.</source>
        <translation>只是假装干活的工作线程，每种取消方式各一个。</translation>
    </message>
    <message>
        <source>Working folder</source>
        <translation>工作文件夹</translation>
    </message>
    <message>
        <source>Write manifest</source>
        <translation>写入清单</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>写入中</translation>
    </message>
    <message>
        <source>Writing file</source>
        <translation>写入文件</translation>
    </message>
    <message>
        <source>Writing pipe</source>
        <translation>写入管道</translation>
    </message>
    <message>
        <source>Writing socket</source>
        <translation>写入套接字</translation>
    </message>
    <message>
        <source>Writing the manifest</source>
        <translation>正在写入清单</translation>
    </message>
    <message>
        <source>Writing to the terminal</source>
        <translation>写入终端</translation>
    </message>
    <message>
        <source>a block device</source>
        <translation>块设备</translation>
    </message>
    <message>
        <source>a character device</source>
        <translation>字符设备</translation>
    </message>
    <message>
        <source>a file</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>a folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>a lambda at line {line} looks at it as well</source>
        <translation>第 {line} 行的 lambda 也会查看它</translation>
    </message>
    <message>
        <source>a list of folders is needed</source>
        <translation>需要一个文件夹列表</translation>
    </message>
    <message>
        <source>a lock</source>
        <translation>一个锁</translation>
    </message>
    <message>
        <source>a multiprocessing.Pool does not give back what it was given</source>
        <translation>multiprocessing.Pool 不会交还已经交给它的调用</translation>
    </message>
    <message>
        <source>a named pipe</source>
        <translation>命名管道</translation>
    </message>
    <message>
        <source>a path cannot contain a NUL character</source>
        <translation>路径不能包含 NUL 字符</translation>
    </message>
    <message>
        <source>a path is needed, not {value}</source>
        <translation>需要路径，而不是 {value}</translation>
    </message>
    <message>
        <source>a preview</source>
        <translation>预览版</translation>
    </message>
    <message>
        <source>a socket</source>
        <translation>套接字</translation>
    </message>
    <message>
        <source>a symbolic link</source>
        <translation>符号链接</translation>
    </message>
    <message>
        <source>about {time}</source>
        <translation>约 {time}</translation>
    </message>
    <message>
        <source>after {time}</source>
        <translation>历时 {time}</translation>
    </message>
    <message>
        <source>all who take from it would end, and {name} still puts work into it</source>
        <translation>所有从中取项目的线程都会结束，而 {name} 仍在往里放工作</translation>
    </message>
    <message>
        <source>all who take from {queue} would end</source>
        <translation>所有从 {queue} 取项目的线程都会结束</translation>
    </message>
    <message>
        <source>all {n} frames</source>
        <translation>全部 {n} 帧</translation>
    </message>
    <message>
        <source>an empty path was given</source>
        <translation>给出的路径为空</translation>
    </message>
    <message>
        <source>and {n} more</source>
        <translation>等另外 {n} 个</translation>
    </message>
    <message>
        <source>another flag is the surer one</source>
        <translation>另一个标志更可靠</translation>
    </message>
    <message>
        <source>another thread waits for it in {where} and works afterwards: {deed}</source>
        <translation>另一个线程在 {where} 中等待它，之后还要工作：{deed}</translation>
    </message>
    <message>
        <source>another thread waits for its {what}</source>
        <translation>另一个线程在等待它的 {what}</translation>
    </message>
    <message>
        <source>another thread would leave off in the midst of its work: {where}</source>
        <translation>另一个线程会在工作中途停下：{where}</translation>
    </message>
    <message>
        <source>any empty item ends the thread, so None may mean something else</source>
        <translation>任何空项目都会结束该线程，因此 None 可能另有含义</translation>
    </message>
    <message>
        <source>as of {time}</source>
        <translation>截至 {time}</translation>
    </message>
    <message>
        <source>asks each of its tasks to stop</source>
        <translation>请求它的每个任务停止</translation>
    </message>
    <message>
        <source>asks each of its tasks to stop, then calls quit() of its application</source>
        <translation>请求其每个任务停止，然后调用其应用程序的 quit()</translation>
    </message>
    <message>
        <source>asks it to end (SIGTERM)</source>
        <translation>请求它结束（SIGTERM）</translation>
    </message>
    <message>
        <source>asks it to end, as Ctrl-C does (SIGINT)</source>
        <translation>像 Ctrl-C 那样请求它结束（SIGINT）</translation>
    </message>
    <message>
        <source>asks it to end, as Ctrl-C does, by its event loop</source>
        <translation>像 Ctrl-C 那样，通过其事件循环请求它结束</translation>
    </message>
    <message>
        <source>asks it to end, as Ctrl-C does: calls {method}()</source>
        <translation>像 Ctrl-C 那样请求它结束：调用 {method}()</translation>
    </message>
    <message>
        <source>asks it to end, as Ctrl-C does: its main coroutine is cancelled</source>
        <translation>像 Ctrl-C 那样请求它结束：其主协程会被取消</translation>
    </message>
    <message>
        <source>asks it to end: calls quit() of its application</source>
        <translation>请求它结束：调用其应用程序的 quit()</translation>
    </message>
    <message>
        <source>asks those of its tasks to stop that have a way, then calls quit() of its application</source>
        <translation>请求其中有停止方式的任务停止，然后调用其应用程序的 quit()</translation>
    </message>
    <message>
        <source>at each look, for over {time}</source>
        <translation>每次查看都如此，已超过 {time}</translation>
    </message>
    <message>
        <source>at least {time}</source>
        <translation>至少 {time}</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>automatic means sha256, or with --verify whatever the manifest was made with</source>
        <translation>automatic 表示 sha256；核对清单时，则使用生成清单时的算法</translation>
    </message>
    <message>
        <source>because its runner was shut down</source>
        <translation>因其运行器已关闭</translation>
    </message>
    <message>
        <source>because its time was up</source>
        <translation>因时间已到</translation>
    </message>
    <message>
        <source>because the program quits</source>
        <translation>因程序退出</translation>
    </message>
    <message>
        <source>before it started</source>
        <translation>尚未开始</translation>
    </message>
    <message>
        <source>belongs to {user}</source>
        <translation>属于 {user}</translation>
    </message>
    <message>
        <source>beneath {name}</source>
        <translation>在 {name} 之下</translation>
    </message>
    <message>
        <source>by a program</source>
        <translation>由程序</translation>
    </message>
    <message>
        <source>by you</source>
        <translation>由您</translation>
    </message>
    <message>
        <source>by you, with {command}</source>
        <translation>由您用 {command}</translation>
    </message>
    <message>
        <source>by {whom}</source>
        <translation>由 {whom}</translation>
    </message>
    <message>
        <source>bytes</source>
        <translation>字节</translation>
    </message>
    <message>
        <source>calls</source>
        <translation>个调用</translation>
    </message>
    <message>
        <source>calls cancel() of its worker</source>
        <translation>调用其 worker 的 cancel()</translation>
    </message>
    <message>
        <source>calls its own {method}()</source>
        <translation>调用它自己的 {method}()</translation>
    </message>
    <message>
        <source>calls requestInterruption() of its thread</source>
        <translation>调用其线程的 requestInterruption()</translation>
    </message>
    <message>
        <source>calls shutdown() of the server</source>
        <translation>调用服务器的 shutdown()</translation>
    </message>
    <message>
        <source>calls shutdown() of {queue}</source>
        <translation>调用 {queue} 的 shutdown()</translation>
    </message>
    <message>
        <source>calls {method}</source>
        <translation>调用 {method}</translation>
    </message>
    <message>
        <source>calls {method}() (line {line})</source>
        <translation>调用 {method}()（第 {line} 行）</translation>
    </message>
    <message>
        <source>cancels the timer</source>
        <translation>取消定时器</translation>
    </message>
    <message>
        <source>changed</source>
        <translation>已更改</translation>
    </message>
    <message>
        <source>changed while it was counted or read</source>
        <translation>在计数或读取期间发生了更改</translation>
    </message>
    <message>
        <source>clears {flag}</source>
        <translation>清除 {flag}</translation>
    </message>
    <message>
        <source>collapsed</source>
        <translation>已折叠</translation>
    </message>
    <message>
        <source>connection.interrupt() ends a query of sqlite3 from another thread.</source>
        <translation>connection.interrupt() 可以从另一个线程结束 sqlite3 的查询。</translation>
    </message>
    <message>
        <source>copy of the program (process {pid})</source>
        <translation>程序的副本（进程 {pid}）</translation>
    </message>
    <message>
        <source>d</source>
        <translation>天</translation>
    </message>
    <message>
        <source>disconnects; the tasks go on</source>
        <translation>断开连接；任务继续运行</translation>
    </message>
    <message>
        <source>does nothing then, and others call it</source>
        <translation>此后什么也不做，而别处会调用它</translation>
    </message>
    <message>
        <source>does something else (line {line})</source>
        <translation>做别的事（第 {line} 行）</translation>
    </message>
    <message>
        <source>each of them is over before it could be stopped</source>
        <translation>它们中的每一个都在来得及停止之前就结束了</translation>
    </message>
    <message>
        <source>ends it at once, as Ctrl-C does (SIGINT)</source>
        <translation>像 Ctrl-C 那样立即结束它（SIGINT）</translation>
    </message>
    <message>
        <source>expanded</source>
        <translation>已展开</translation>
    </message>
    <message>
        <source>fails then, and others call it</source>
        <translation>此后会失败，而其他代码会调用它</translation>
    </message>
    <message>
        <source>files</source>
        <translation>个文件</translation>
    </message>
    <message>
        <source>for {time} at least</source>
        <translation>至少已 {time}</translation>
    </message>
    <message>
        <source>for {time}, since {clock}</source>
        <translation>已 {time}，自 {clock} 起</translation>
    </message>
    <message>
        <source>fork server (process {pid})</source>
        <translation>fork 服务器（进程 {pid}）</translation>
    </message>
    <message>
        <source>free-threaded</source>
        <translation>自由线程版</translation>
    </message>
    <message>
        <source>functions of the main program are sent as code, which needs the same version: put them in a module</source>
        <translation>主程序中的函数以代码形式发送，这要求版本相同：请把它们放进一个模块</translation>
    </message>
    <message>
        <source>goes on in a loop (line {line})</source>
        <translation>在循环中继续（第 {line} 行）</translation>
    </message>
    <message>
        <source>h</source>
        <translation>小时</translation>
    </message>
    <message>
        <source>hands it on</source>
        <translation>把它传给别处</translation>
    </message>
    <message>
        <source>has ended</source>
        <translation>已结束</translation>
    </message>
    <message>
        <source>has loaded what runs several interpreters: to look into its threads is not safe on this Python</source>
        <translation>已加载可运行多个解释器的模块：在此版本的 Python 上查看其线程不安全</translation>
    </message>
    <message>
        <source>held by a debugger</source>
        <translation>被调试器占用</translation>
    </message>
    <message>
        <source>held by {name}</source>
        <translation>持有者：{name}</translation>
    </message>
    <message>
        <source>held by {name}, which waits for this thread</source>
        <translation>持有者：{name}，它在等待此线程</translation>
    </message>
    <message>
        <source>in 1 process</source>
        <translation>在 1 个进程中</translation>
    </message>
    <message>
        <source>in the table</source>
        <translation>已在表格中</translation>
    </message>
    <message>
        <source>in {n} processes</source>
        <translation>在 {n} 个进程中</translation>
    </message>
    <message>
        <source>in {program}</source>
        <translation>位于 {program}</translation>
    </message>
    <message>
        <source>interrupts it, as Ctrl-C does (SIGINT)</source>
        <translation>像 Ctrl-C 那样中断它（SIGINT）</translation>
    </message>
    <message>
        <source>interrupts it, as Ctrl-C does: raises KeyboardInterrupt in its main thread</source>
        <translation>像 Ctrl-C 那样中断它：在其主线程中引发 KeyboardInterrupt</translation>
    </message>
    <message>
        <source>is a folder</source>
        <translation>是文件夹</translation>
    </message>
    <message>
        <source>is a socket or a device without a driver</source>
        <translation>是套接字，或没有驱动程序的设备</translation>
    </message>
    <message>
        <source>is a symbolic link</source>
        <translation>是符号链接</translation>
    </message>
    <message>
        <source>is {kind}</source>
        <translation>是{kind}</translation>
    </message>
    <message>
        <source>is {kind}, left out</source>
        <translation>是{kind}，已略过</translation>
    </message>
    <message>
        <source>it also ends {name}(), which another thread runs</source>
        <translation>它还会结束由另一个线程运行的 {name}()</translation>
    </message>
    <message>
        <source>it also holds other values</source>
        <translation>它还会取其他值</translation>
    </message>
    <message>
        <source>it belongs to a library</source>
        <translation>它属于某个库</translation>
    </message>
    <message>
        <source>it belongs to a library, which may rely on it</source>
        <translation>它属于某个库，该库可能依赖它</translation>
    </message>
    <message>
        <source>it belongs to {owner}, which has a thread of its own</source>
        <translation>它属于 {owner}，后者有自己的线程</translation>
    </message>
    <message>
        <source>it closes {what}, which the top of the program uses as well</source>
        <translation>它会关闭 {what}，而程序的主体也在使用</translation>
    </message>
    <message>
        <source>it closes {what}, which {name}() uses as well</source>
        <translation>它会关闭 {what}，而 {name}() 也在使用</translation>
    </message>
    <message>
        <source>it could not be called once more: the thread closes what it writes into</source>
        <translation>它不能再调用一次：线程会关闭它所写入的管道</translation>
    </message>
    <message>
        <source>it does more than end this thread: {why}</source>
        <translation>它的作用不止是结束此线程：{why}</translation>
    </message>
    <message>
        <source>it does more than to set it</source>
        <translation>它不止设置它</translation>
    </message>
    <message>
        <source>it ended {time} after it was asked, and whether its work was complete then cannot be told</source>
        <translation>它在被请求 {time} 后结束，届时其工作是否已完成无从得知</translation>
    </message>
    <message>
        <source>it has become another program, {name}, which is not watched</source>
        <translation>它已变成另一个程序 {name}，后者不受监视</translation>
    </message>
    <message>
        <source>it has been handed to the processes of its pool, which do not give it back</source>
        <translation>它已交给进程池中的进程，无法取回</translation>
    </message>
    <message>
        <source>it has not begun</source>
        <translation>它尚未开始</translation>
    </message>
    <message>
        <source>it has {n} digits where {name} has {right}</source>
        <translation>有 {n} 位，而 {name} 应为 {right} 位</translation>
    </message>
    <message>
        <source>it holds what is to be done</source>
        <translation>它保存着要做的事</translation>
    </message>
    <message>
        <source>it ignores Ctrl-C (SIGINT)</source>
        <translation>它忽略 Ctrl-C（SIGINT）</translation>
    </message>
    <message>
        <source>it is a coroutine</source>
        <translation>它是协程</translation>
    </message>
    <message>
        <source>it is a greenlet, which may leave something half done if it is killed</source>
        <translation>这是一个 greenlet，被终止时可能会留下只做了一半的事情</translation>
    </message>
    <message>
        <source>it is a lambda, and Python was told not to keep where in its line it stands</source>
        <translation>它是 lambda，而 Python 被要求不保留它在行中的位置</translation>
    </message>
    <message>
        <source>it is a part of the program, which may rely on it</source>
        <translation>它是程序的一部分，程序可能依赖它</translation>
    </message>
    <message>
        <source>it is also changed while the thread works</source>
        <translation>线程工作期间它也会改变</translation>
    </message>
    <message>
        <source>it is at its end</source>
        <translation>它即将结束</translation>
    </message>
    <message>
        <source>it is everybody&apos;s, and looked at only in one branch of the loop</source>
        <translation>它为大家共用，且只在循环的一个分支中被查看</translation>
    </message>
    <message>
        <source>it is never set without {what}, with which it tells how its object is</source>
        <translation>它从不脱离 {what} 单独设置，两者一起说明其对象的状态</translation>
    </message>
    <message>
        <source>it is not UTF-8 text</source>
        <translation>不是 UTF-8 文本</translation>
    </message>
    <message>
        <source>it is not a checksum and a file name</source>
        <translation>不是校验和加文件名的形式</translation>
    </message>
    <message>
        <source>it is not a file</source>
        <translation>不是文件</translation>
    </message>
    <message>
        <source>it is not meant to be called from outside</source>
        <translation>它不应从外部调用</translation>
    </message>
    <message>
        <source>it is only looked at; restart it with “taskmon run” to be able to cancel</source>
        <translation>仅供查看；要能取消，请用“taskmon run”重新启动它</translation>
    </message>
    <message>
        <source>it is set already</source>
        <translation>它已经设置</translation>
    </message>
    <message>
        <source>it is too large</source>
        <translation>文件太大</translation>
    </message>
    <message>
        <source>it is too long</source>
        <translation>太长</translation>
    </message>
    <message>
        <source>it is what its process does, which is a part of the program</source>
        <translation>这是其进程所做的工作，而该进程是程序的一部分</translation>
    </message>
    <message>
        <source>it may be an item like any other</source>
        <translation>它可能只是一个普通项目</translation>
    </message>
    <message>
        <source>it must be a table</source>
        <translation>必须是一个表</translation>
    </message>
    <message>
        <source>it must be a text of at most {most} characters</source>
        <translation>必须是不超过 {most} 个字符的文本</translation>
    </message>
    <message>
        <source>it must be a whole number from {least} to {most}</source>
        <translation>必须是 {least} 到 {most} 之间的整数</translation>
    </message>
    <message>
        <source>it must be one of {values}</source>
        <translation>必须是下列之一：{values}</translation>
    </message>
    <message>
        <source>it must be true or false</source>
        <translation>必须是 true 或 false</translation>
    </message>
    <message>
        <source>it needs arguments</source>
        <translation>它需要参数</translation>
    </message>
    <message>
        <source>it runs code of a library</source>
        <translation>它运行的是库的代码</translation>
    </message>
    <message>
        <source>it runs code that is not Python</source>
        <translation>它运行的不是 Python 代码</translation>
    </message>
    <message>
        <source>it runs in a process of its pool; to end that process would break the pool</source>
        <translation>它在进程池的一个进程中运行；结束该进程会破坏进程池</translation>
    </message>
    <message>
        <source>it runs in a thread of {library}, and nothing that would stop it was found</source>
        <translation>它在 {library} 的线程中运行，未找到能停止它的办法</translation>
    </message>
    <message>
        <source>it runs in a thread that it did not start, and nothing that would stop it was found</source>
        <translation>它在并非由它启动的线程中运行，未找到能停止它的办法</translation>
    </message>
    <message>
        <source>it takes away from {what}, which the top of the program uses as well</source>
        <translation>它会从 {what} 中取走内容，而程序的主体也在使用</translation>
    </message>
    <message>
        <source>it takes away from {what}, which {name}() uses as well</source>
        <translation>它会从 {what} 中取走内容，而 {name}() 也在使用</translation>
    </message>
    <message>
        <source>it tells of what {method}() does: it also {harm}</source>
        <translation>它反映 {method}() 的所为：后者还会{harm}</translation>
    </message>
    <message>
        <source>it tells of what {method}() does: {why}</source>
        <translation>它反映 {method}() 的所为：{why}</translation>
    </message>
    <message>
        <source>it tells of {what}, which is written with it and which the thread then goes by</source>
        <translation>它通知的是 {what}：两者一同写入，线程随后据此行事</translation>
    </message>
    <message>
        <source>it tells that the work of others is done, for whom this thread is there</source>
        <translation>它表示其他线程的工作已完成，而此线程正是为它们服务的</translation>
    </message>
    <message>
        <source>it then gives a sign by {what}, and {name}() {deed}</source>
        <translation>它随后通过 {what} 发出信号，而 {name}() {deed}</translation>
    </message>
    <message>
        <source>it then puts {value} into {queue}, and {name}() goes by that (line {line})</source>
        <translation>之后它会把 {value} 放入 {queue}，而 {name}() 会据此行事（第 {line} 行）</translation>
    </message>
    <message>
        <source>it then puts {value} into {queue}, and {name}() {deed}</source>
        <translation>之后它会将 {value} 放入 {queue}，而 {name}() 会{deed}</translation>
    </message>
    <message>
        <source>it was started without the threading module, so little is known of it</source>
        <translation>它不是通过 threading 模块启动的，因此对它所知甚少</translation>
    </message>
    <message>
        <source>items</source>
        <translation>项</translation>
    </message>
    <message>
        <source>its file name contains a NUL character</source>
        <translation>文件名包含 NUL 字符</translation>
    </message>
    <message>
        <source>its file name has a backslash that escapes nothing</source>
        <translation>文件名中有一个不转义任何字符的反斜杠</translation>
    </message>
    <message>
        <source>its main thread has ended; it waits for {names}</source>
        <translation>主线程已结束，正在等待 {names}</translation>
    </message>
    <message>
        <source>its main thread has ended; it waits for {names} and {n} others</source>
        <translation>主线程已结束，正在等待 {names} 和另外 {n} 个线程</translation>
    </message>
    <message>
        <source>its name says something else</source>
        <translation>它的名称另有所指</translation>
    </message>
    <message>
        <source>its name says the opposite</source>
        <translation>它的名称表示相反的意思</translation>
    </message>
    <message>
        <source>its nursery of trio would end all that run in it</source>
        <translation>它所在的 trio nursery 会结束其中运行的一切</translation>
    </message>
    <message>
        <source>its object has other threads</source>
        <translation>它的对象还有其他线程</translation>
    </message>
    <message>
        <source>its own {method}() also sets {what}, which the thread looks at</source>
        <translation>它自己的 {method}() 还会设置 {what}，而线程会查看它</translation>
    </message>
    <message>
        <source>its own {method}() also tells others, through {what}</source>
        <translation>它自己的 {method}() 还会通过 {what} 通知其他部分</translation>
    </message>
    <message>
        <source>its own {method}() does more than to set it, and may end other threads as well</source>
        <translation>它自己的 {method}() 不止设置它，还可能结束其他线程</translation>
    </message>
    <message>
        <source>its pool was ended before it was done</source>
        <translation>它的池在它完成之前就结束了</translation>
    </message>
    <message>
        <source>its program ended; the process may go on</source>
        <translation>它的程序已结束；该进程可能继续运行</translation>
    </message>
    <message>
        <source>its source cannot be read</source>
        <translation>无法读取其源代码</translation>
    </message>
    <message>
        <source>its source file is missing</source>
        <translation>其源文件不存在</translation>
    </message>
    <message>
        <source>its source is not kept anywhere: it was made while the program ran, by exec() for instance</source>
        <translation>其源代码未保存在任何地方：它是程序运行时生成的，例如由 exec() 生成</translation>
    </message>
    <message>
        <source>its source was changed since it was started, or rewritten on import</source>
        <translation>其源代码在启动后被修改，或在导入时被改写</translation>
    </message>
    <message>
        <source>its task belongs to {library}, which may take that for a failure</source>
        <translation>其任务属于 {library}，后者可能会将此视为失败</translation>
    </message>
    <message>
        <source>its thread may have other work to do</source>
        <translation>其线程可能还有其他工作</translation>
    </message>
    <message>
        <source>its threads are green threads ({library}), which cannot be reached from another thread</source>
        <translation>其线程是绿色线程（{library}），无法从其他线程触及</translation>
    </message>
    <message>
        <source>join() of a queue has no timeout: it returns once task_done() has been called for each item. Let subtasks take the items, ctx.subtask(…), and wait with ctx.join(…).</source>
        <translation>队列的 join() 没有超时：每一项都调用过 task_done() 后它才返回。请用子任务 ctx.subtask(…) 取走各项，并用 ctx.join(…) 等待。</translation>
    </message>
    <message>
        <source>kills it (SIGKILL): it cannot clean up</source>
        <translation>强制终止它（SIGKILL）：它无法清理</translation>
    </message>
    <message>
        <source>library</source>
        <translation>库代码</translation>
    </message>
    <message>
        <source>line {line}</source>
        <translation>第 {line} 行</translation>
    </message>
    <message>
        <source>lines</source>
        <translation>行</translation>
    </message>
    <message>
        <source>lock {what}</source>
        <translation>锁{what}</translation>
    </message>
    <message>
        <source>looks at it as well</source>
        <translation>也会查看它</translation>
    </message>
    <message>
        <source>m</source>
        <translation>分</translation>
    </message>
    <message>
        <source>missing</source>
        <translation>缺失</translation>
    </message>
    <message>
        <source>needs py-spy</source>
        <translation>需要 py-spy</translation>
    </message>
    <message>
        <source>never</source>
        <translation>从未</translation>
    </message>
    <message>
        <source>next is {name}</source>
        <translation>下一个是 {name}</translation>
    </message>
    <message>
        <source>no known checksum has {n} digits</source>
        <translation>没有已知的校验和是 {n} 位</translation>
    </message>
    <message>
        <source>no manifest written</source>
        <translation>没有写入清单</translation>
    </message>
    <message>
        <source>nothing has advanced it yet, so it is not known which thread will</source>
        <translation>尚未有线程推进它，无法得知将由哪个线程推进</translation>
    </message>
    <message>
        <source>raises TaskCancelled at its next item in the main thread, which ends the program unless caught</source>
        <translation>在其下一个项目处，于主线程中引发 TaskCancelled，若未被捕获，程序即会结束</translation>
    </message>
    <message>
        <source>the top of the program waits for its {what}</source>
        <translation>程序的顶层正在等它的 {what}</translation>
    </message>
    <message>
        <source>which method of its own object stops it is not known</source>
        <translation>不清楚它自己对象的哪个方法会停止它</translation>
    </message>
    <message>
        <source>no way to stop it was found</source>
        <translation>未找到停止它的办法</translation>
    </message>
    <message>
        <source>nobody ends the thread by it</source>
        <translation>没有人用它结束这个线程</translation>
    </message>
    <message>
        <source>nobody ends the thread by it, and it would leave off in the midst of its work: {deed}</source>
        <translation>没有人用它结束这个线程，而且它会在工作中途停下：{deed}</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>not permitted</source>
        <translation>不被允许</translation>
    </message>
    <message>
        <source>not possible</source>
        <translation>不可行</translation>
    </message>
    <message>
        <source>not yet; queued {time}</source>
        <translation>尚未；已排队 {time}</translation>
    </message>
    <message>
        <source>nothing is known of it yet</source>
        <translation>目前对它还一无所知</translation>
    </message>
    <message>
        <source>nothing is known yet of how it could be stopped</source>
        <translation>尚不知道如何停止它</translation>
    </message>
    <message>
        <source>nothing is running</source>
        <translation>没有正在运行的任务</translation>
    </message>
    <message>
        <source>nothing waits, and what runs in other processes cannot be taken back</source>
        <translation>没有等待中的调用，而在其他进程中运行的无法收回</translation>
    </message>
    <message>
        <source>only the program itself knows how to make such an item</source>
        <translation>只有程序自己知道如何构造这样的项</translation>
    </message>
    <message>
        <source>others may wait for what they have handed to its loop</source>
        <translation>可能有别处在等待交给其事件循环的工作</translation>
    </message>
    <message>
        <source>others take from it as well, and its own method is for one of them</source>
        <translation>别处也从中取项，而它自己的方法只针对其中之一</translation>
    </message>
    <message>
        <source>puts {value} into {queue} as soon as there is room</source>
        <translation>一有空位便将 {value} 放入 {queue}</translation>
    </message>
    <message>
        <source>runs greenlets of {library}, which are not shown one by one</source>
        <translation>运行 {library} 的 greenlet，不逐一显示</translation>
    </message>
    <message>
        <source>sets it for others as well (line {line})</source>
        <translation>也会为别的线程设置它（第 {line} 行）</translation>
    </message>
    <message>
        <source>takes back what has not begun; what has goes on until it returns</source>
        <translation>收回尚未开始的任务；已开始的会继续运行，直到返回</translation>
    </message>
    <message>
        <source>takes {value} out of {set}</source>
        <translation>从 {set} 中取出 {value}</translation>
    </message>
    <message>
        <source>the thread itself puts another one in its place</source>
        <translation>线程自己会换上另一个</translation>
    </message>
    <message>
        <source>the thread would keep {lock} for good: {where}</source>
        <translation>线程会一直占着 {lock}：{where}</translation>
    </message>
    <message>
        <source>the top of the program looks for its {what}</source>
        <translation>程序的主体会查看它的 {what}</translation>
    </message>
    <message>
        <source>the top of the program takes it from {what}, to give it work</source>
        <translation>程序的主体会从 {what} 中取出它，并交给它工作</translation>
    </message>
    <message>
        <source>the top of the program waits for its end, after which it is told that all is done</source>
        <translation>程序的主体等待它结束，之后会报告全部完成</translation>
    </message>
    <message>
        <source>what it has taken from a queue would never be done, and others may wait for that</source>
        <translation>它从队列中取走的项目将永远不会完成，而其他线程可能在等待它</translation>
    </message>
    <message>
        <source>what was found {means}</source>
        <translation>找到的办法是：{means}</translation>
    </message>
    <message>
        <source>with what it has collected in {what}</source>
        <translation>使用它收集在 {what} 中的内容</translation>
    </message>
    <message>
        <source>{deed}, not all of them shown</source>
        <translation>{deed}，未全部显示</translation>
    </message>
    <message>
        <source>{deed}; 1 of its calls has no row of its own</source>
        <translation>{deed}；其中 1 个调用没有单独的行</translation>
    </message>
    <message>
        <source>{deed}; {n} of its calls failed</source>
        <translation>{deed}；其中 {n} 个调用失败</translation>
    </message>
    <message>
        <source>{deed}; {n} of its calls have no rows of their own</source>
        <translation>{deed}；其中 {n} 个调用没有单独的行</translation>
    </message>
    <message>
        <source>{deed}; {n} of its calls taken out of the queue</source>
        <translation>{deed}；其中 {n} 个调用已移出队列</translation>
    </message>
    <message>
        <source>{means}; asks the process that it has started as well</source>
        <translation>{means}；同时也请求由它启动的进程结束</translation>
    </message>
    <message>
        <source>{means}; asks the {n} processes that it has started as well</source>
        <translation>{means}；同时也请求由它启动的 {n} 个进程结束</translation>
    </message>
    <message>
        <source>{method}() would do nothing any more: it also {harm}</source>
        <translation>此后 {method}() 将不再做任何事：它还会{harm}</translation>
    </message>
    <message>
        <source>{method}() would do nothing any more: {why}</source>
        <translation>此后 {method}() 将不再做任何事：{why}</translation>
    </message>
    <message>
        <source>{name} is no longer attached, and goes on.</source>
        <translation>{name} 已不再被附加，继续运行。</translation>
    </message>
    <message>
        <source>{name}() looks for its {what}</source>
        <translation>{name}() 会查看它的 {what}</translation>
    </message>
    <message>
        <source>{name}() takes it from {what}, to give it work</source>
        <translation>{name}() 会从 {what} 中取出它，并交给它工作</translation>
    </message>
    <message>
        <source>{name}() takes it out by {method}, which fails once it has gone</source>
        <translation>{name}() 用 {method} 取出它，已不在时这会失败</translation>
    </message>
    <message>
        <source>{name}() waits for its end, after which it is told that all is done</source>
        <translation>{name}() 等待它结束，之后会报告全部完成</translation>
    </message>
    <message>
        <source>{name}() would wait for ever with what it holds, as soon as the queue is full</source>
        <translation>队列一满，{name}() 就会一直等待，并占着它所持有的东西</translation>
    </message>
    <message>
        <source>{n} cut off when the program ended</source>
        <translation>{n} 个在程序结束时被中断</translation>
    </message>
    <message>
        <source>nothing waits, and none of those that run can be stopped by a plain Cancel</source>
        <translation>没有等待中的调用，而正在运行的都不能用普通的“取消”停止</translation>
    </message>
    <message>
        <source>now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>now {share}</source>
        <translation>现在 {share}</translation>
    </message>
    <message>
        <source>of an unknown kind</source>
        <translation>未知类型</translation>
    </message>
    <message>
        <source>only another thread sets it, which may mean that it tells how far things are</source>
        <translation>只有另一个线程设置它，这可能表示它用来说明进展</translation>
    </message>
    <message>
        <source>only its own method knows what to make of it</source>
        <translation>只有它自己的方法知道该如何处理</translation>
    </message>
    <message>
        <source>only the thread itself sets it</source>
        <translation>只有线程自己设置它</translation>
    </message>
    <message>
        <source>other threads advance it, and they must not be stopped along with it</source>
        <translation>由其他线程推进，不能随它一起停止</translation>
    </message>
    <message>
        <source>others act as soon as it no longer renews {what}</source>
        <translation>一旦它不再更新 {what}，其他线程就会采取行动</translation>
    </message>
    <message>
        <source>others look at it as well: {deed}</source>
        <translation>其他代码也会查看它：{deed}</translation>
    </message>
    <message>
        <source>others look at it, and its own {method}() does more: it also {harm}</source>
        <translation>其他代码也会查看它，而它自己的 {method}() 不止于此：还会{harm}</translation>
    </message>
    <message>
        <source>others look at it, and its own {method}() does more: {why}</source>
        <translation>其他代码也会查看它，而它自己的 {method}() 不止于此：{why}</translation>
    </message>
    <message>
        <source>others wait for it at {where}</source>
        <translation>其他线程在 {where} 等待它</translation>
    </message>
    <message>
        <source>own code</source>
        <translation>自己的代码</translation>
    </message>
    <message>
        <source>pages</source>
        <translation>页</translation>
    </message>
    <message>
        <source>pid {number}</source>
        <translation>进程号 {number}</translation>
    </message>
    <message>
        <source>process {pid}</source>
        <translation>进程 {pid}</translation>
    </message>
    <message>
        <source>puts {value} into {queue}</source>
        <translation>将 {value} 放入 {queue}</translation>
    </message>
    <message>
        <source>puts {value} into {queue} ({n} consumers)</source>
        <translation>将 {value} 放入 {queue}（{n} 个消费者）</translation>
    </message>
    <message>
        <source>py-spy cannot look at it: {error}</source>
        <translation>py-spy 无法查看它：{error}</translation>
    </message>
    <message>
        <source>raises CancelledError at its next await</source>
        <translation>在其下一个 await 处引发 CancelledError</translation>
    </message>
    <message>
        <source>raises GreenletExit where it waits, as its kill() does; it may leave something half done</source>
        <translation>在它等待之处引发 GreenletExit，如同它的 kill()；可能会留下只做了一半的事情</translation>
    </message>
    <message>
        <source>raises TaskCancelled at its next item, in its own thread</source>
        <translation>在其下一个项目处，于它自己的线程中引发 TaskCancelled</translation>
    </message>
    <message>
        <source>read FILE instead, and check the files that it lists</source>
        <translation>改为读取此清单文件，并核对其中列出的文件</translation>
    </message>
    <message>
        <source>rows</source>
        <translation>行</translation>
    </message>
    <message>
        <source>s</source>
        <translation>秒</translation>
    </message>
    <message>
        <source>sets {flag}</source>
        <translation>设置 {flag}</translation>
    </message>
    <message>
        <source>sets {flag} to {value}</source>
        <translation>将 {flag} 设为 {value}</translation>
    </message>
    <message>
        <source>setting it would reach other processes, or run the program&apos;s own code</source>
        <translation>设置它会影响其他进程，或运行程序自己的代码</translation>
    </message>
    <message>
        <source>stalled {time}</source>
        <translation>停滞 {time}</translation>
    </message>
    <message>
        <source>starts or ends</source>
        <translation>正在启动或结束</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>步</translation>
    </message>
    <message>
        <source>stop asked {time} ago</source>
        <translation>{time}前请求停止</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>stops at the next item of “{bar}”</source>
        <translation>在“{bar}”的下一个项目处停止</translation>
    </message>
    <message>
        <source>stops those that run, where that is possible</source>
        <translation>在可能时停止正在运行的调用</translation>
    </message>
    <message>
        <source>subtasks</source>
        <translation>个子任务</translation>
    </message>
    <message>
        <source>switched off</source>
        <translation>已关闭附加</translation>
    </message>
    <message>
        <source>takes it out of the queue</source>
        <translation>将它移出队列</translation>
    </message>
    <message>
        <source>takes the waiting calls out of the queue</source>
        <translation>将等待中的调用移出队列</translation>
    </message>
    <message>
        <source>takes the waiting calls out of the queue and stops those that run, where that is possible</source>
        <translation>将等待中的调用移出队列，并在可能时停止正在运行的调用</translation>
    </message>
    <message>
        <source>taskmon</source>
        <translation>taskmon</translation>
    </message>
    <message>
        <source>taskmon could not begin in it, and took back what it had done: {error}</source>
        <translation>taskmon 无法在其中开始，已撤回所做的一切：{error}</translation>
    </message>
    <message>
        <source>taskmon is still running</source>
        <translation>taskmon 仍在运行</translation>
    </message>
    <message>
        <source>taskmon quits as soon as they have cleaned up, in {time} at the latest.</source>
        <translation>任务清理完毕后 taskmon 就会退出，最迟不超过 {time}。</translation>
    </message>
    <message>
        <source>taskmon quits when they are done, however long that takes. Each can still be cancelled in the window.</source>
        <translation>无论需要多久，任务完成后 taskmon 才会退出。仍可在窗口中逐个取消任务。</translation>
    </message>
    <message>
        <source>the algorithm {name} is not known</source>
        <translation>未知的算法 {name}</translation>
    </message>
    <message>
        <source>the files were still being counted</source>
        <translation>还在统计文件数</translation>
    </message>
    <message>
        <source>the folders whose files to read; with --verify, where the files are (if none is given, the folder of the manifest)</source>
        <translation>要读取其中文件的文件夹；核对清单时，是文件所在的位置（未指定时为清单所在的文件夹）</translation>
    </message>
    <message>
        <source>the main thread waits for it as well and works afterwards: {deed}</source>
        <translation>主线程也在等待它，之后还要工作：{deed}</translation>
    </message>
    <message>
        <source>the main thread works until it is set</source>
        <translation>主线程会一直工作到它被设置</translation>
    </message>
    <message>
        <source>the old manifest is unchanged</source>
        <translation>旧清单未改动</translation>
    </message>
    <message>
        <source>the program and its workers need the same version: install it there</source>
        <translation>程序与其工作进程需要相同的版本：请在那里安装</translation>
    </message>
    <message>
        <source>the program ends with it, and cuts {thread} off, which nobody waits for</source>
        <translation>程序会随之结束，并中断没有人等待的 {thread}</translation>
    </message>
    <message>
        <source>the program itself assigns several values that would stop it</source>
        <translation>程序自己会赋予多个能停止它的值</translation>
    </message>
    <message>
        <source>the program itself never assigns a value that would stop it</source>
        <translation>程序自己从不赋予能停止它的值</translation>
    </message>
    <message>
        <source>the program switches it on and off, which may mean a pause</source>
        <translation>程序会反复开关它，这可能表示暂停</translation>
    </message>
    <message>
        <source>the thread goes on with another loop</source>
        <translation>线程会继续执行另一个循环</translation>
    </message>
    <message>
        <source>the thread takes it back, as one does with news</source>
        <translation>线程会将它复位，就像处理通知那样</translation>
    </message>
    <message>
        <source>the thread works on after it: {deed}</source>
        <translation>线程在此之后仍会工作：{deed}</translation>
    </message>
    <message>
        <source>the top of the program, line {line}, acts on how it is: {deed}</source>
        <translation>程序顶层（第 {line} 行）会根据它的状态行动：{deed}</translation>
    </message>
    <message>
        <source>the top of the program, line {line}, {deed}</source>
        <translation>程序顶层（第 {line} 行）{deed}</translation>
    </message>
    <message>
        <source>there is no file “{path}”</source>
        <translation>没有文件“{path}”</translation>
    </message>
    <message>
        <source>there is no folder “{path}”</source>
        <translation>没有文件夹“{path}”</translation>
    </message>
    <message>
        <source>there is no folder “{path}” to write the file in</source>
        <translation>没有可写入文件的文件夹“{path}”</translation>
    </message>
    <message>
        <source>they belong to libraries, which may rely on them</source>
        <translation>它们属于某些库，这些库可能依赖它们</translation>
    </message>
    <message>
        <source>no way to stop this thread was found</source>
        <translation>没有找到停止此线程的办法</translation>
    </message>
    <message>
        <source>Terminate the other program, or wait for it with a timeout and look at a stop flag in between.</source>
        <translation>终止另一个程序，或限时等待它并在其间检查停止标志。</translation>
    </message>
    <message>
        <source>The call computes in C. Split the work, and look at a stop flag between the parts.</source>
        <translation>该调用在 C 中计算。请拆分工作，并在各部分之间检查停止标志。</translation>
    </message>
    <message>
        <source>Use get(timeout=…) and look at a stop flag in between, or put None into the queue to end it.</source>
        <translation>使用 get(timeout=…) 并在其间检查停止标志，或向队列放入 None 来结束它。</translation>
    </message>
    <message>
        <source>Use poll(seconds) or a timeout, and look at a stop flag in between.</source>
        <translation>使用 poll(秒数) 或超时，并在其间检查停止标志。</translation>
    </message>
    <message>
        <source>Use put(item, timeout=…) and look at a stop flag in between: nobody makes room in the queue.</source>
        <translation>使用 put(item, timeout=…) 并在其间检查停止标志：没有谁在腾出队列的空间。</translation>
    </message>
    <message>
        <source>Wait with a timeout and look at a stop flag in between, or set the event when asking to stop.</source>
        <translation>限时等待并在其间检查停止标志，或在请求停止时设置该事件。</translation>
    </message>
    <message>
        <source>Wait with a timeout, and look at a stop flag in between.</source>
        <translation>限时等待，并在其间检查停止标志。</translation>
    </message>
    <message>
        <source>Wait with a timeout, in a loop with ctx.checkpoint().</source>
        <translation>在带有 ctx.checkpoint() 的循环中限时等待。</translation>
    </message>
    <message>
        <source>no way to stop this thread was found: {why}</source>
        <translation>没有找到停止此线程的办法：{why}</translation>
    </message>
    <message>
        <source>tasks</source>
        <translation>个任务</translation>
    </message>
    <message>
        <source>there is no contact with it any more</source>
        <translation>已与它失去联系</translation>
    </message>
    <message>
        <source>too new</source>
        <translation>版本太新</translation>
    </message>
    <message>
        <source>too old</source>
        <translation>版本太旧</translation>
    </message>
    <message>
        <source>too old to attach</source>
        <translation>版本太旧，无法附加</translation>
    </message>
    <message>
        <source>unreadable</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>updated since</source>
        <translation>启动后已更新</translation>
    </message>
    <message>
        <source>vanished before it was read</source>
        <translation>在读取之前消失</translation>
    </message>
    <message>
        <source>waited for</source>
        <translation>正在等待它</translation>
    </message>
    <message>
        <source>waits as a coroutine does (line {line})</source>
        <translation>像协程那样等待（第 {line} 行）</translation>
    </message>
    <message>
        <source>waits for it as well</source>
        <translation>也在等待它</translation>
    </message>
    <message>
        <source>waits for {name}</source>
        <translation>等待 {name}</translation>
    </message>
    <message>
        <source>watched already</source>
        <translation>已在监视</translation>
    </message>
    <message>
        <source>what is put into {queue} then fails: {name}()</source>
        <translation>此后往 {queue} 放入项目会失败：{name}()</translation>
    </message>
    <message>
        <source>what runs there later is interrupted as well</source>
        <translation>之后在那里运行的也会被中断</translation>
    </message>
    <message>
        <source>with the task it belongs to</source>
        <translation>随所属的任务</translation>
    </message>
    <message>
        <source>worker (process {pid})</source>
        <translation>工作进程（进程 {pid}）</translation>
    </message>
    <message>
        <source>worker {n}</source>
        <translation>工作线程 {n}</translation>
    </message>
    <message>
        <source>write the checksums to FILE, replacing it only once all of them are known; names are relative to the folder of FILE, where sha256sum -c finds them</source>
        <translation>把校验和写入 FILE，全部算出后才替换它；文件名相对于 FILE 所在的文件夹，sha256sum -c 可在那里找到它们</translation>
    </message>
    <message>
        <source>writes {what} (line {line})</source>
        <translation>写入 {what}（第 {line} 行）</translation>
    </message>
    <message>
        <source>writing the manifest</source>
        <translation>写入清单</translation>
    </message>
    <message>
        <source>you may not read the file “{path}”</source>
        <translation>没有权限读取文件“{path}”</translation>
    </message>
    <message>
        <source>you may not read the folder “{path}”</source>
        <translation>没有权限读取文件夹“{path}”</translation>
    </message>
    <message>
        <source>you may not write in the folder “{path}”</source>
        <translation>没有权限写入文件夹“{path}”</translation>
    </message>
    <message>
        <source>{amount} bytes a second</source>
        <translation>每秒 {amount} 字节</translation>
    </message>
    <message>
        <source>{amount}/s</source>
        <translation>{amount}/秒</translation>
    </message>
    <message>
        <source>{command} could not be started: {error}.</source>
        <translation>无法启动 {command}：{error}。</translation>
    </message>
    <message>
        <source>{command} ended with status {status}.</source>
        <translation>{command} 结束，状态为 {status}。</translation>
    </message>
    <message>
        <source>{done} bytes</source>
        <translation>{done} 字节</translation>
    </message>
    <message>
        <source>{done} of 1 byte</source>
        <translation>{done} / 1 字节</translation>
    </message>
    <message>
        <source>{done} of {n} file checked</source>
        <translation>已核对 {done} / {n} 个文件</translation>
    </message>
    <message>
        <source>{done} of {n} file hashed</source>
        <translation>已计算 {done} / {n} 个文件</translation>
    </message>
    <message>
        <source>{done} of {n} files checked</source>
        <translation>已核对 {done} / {n} 个文件</translation>
    </message>
    <message>
        <source>{done} of {n} files hashed</source>
        <translation>已计算 {done} / {n} 个文件</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} / {total}</translation>
    </message>
    <message>
        <source>{done} of {total} bytes</source>
        <translation>{done} / {total} 字节</translation>
    </message>
    <message>
        <source>{ended}: Dask starts it again, attempt {n}</source>
        <translation>{ended}：Dask 重新启动它，第 {n} 次尝试</translation>
    </message>
    <message>
        <source>{failed} of {total}.</source>
        <translation>共 {total} 个：{failed}。</translation>
    </message>
    <message>
        <source>{file} is not there, or not on this computer.</source>
        <translation>{file} 不存在，或不在本机上。</translation>
    </message>
    <message>
        <source>{file} line {line}</source>
        <translation>{file} 第 {line} 行</translation>
    </message>
    <message>
        <source>{file}: {key} is {value}; {wrong}. The default, {default}, is used.</source>
        <translation>{file}：{key} 的值是 {value}，但{wrong}。将使用默认值 {default}。</translation>
    </message>
    <message>
        <source>{first} and {second} wait for each other</source>
        <translation>{first} 与 {second} 互相等待</translation>
    </message>
    <message>
        <source>{flag} ends its loop, but {why}</source>
        <translation>{flag} 会结束它的循环，但{why}</translation>
    </message>
    <message>
        <source>{job} has no parameter “{name}”.</source>
        <translation>{job} 没有参数“{name}”。</translation>
    </message>
    <message>
        <source>{job}: {names}
It stays where it is.</source>
        <translation>{job}：{names}
原文件保持不动。</translation>
    </message>
    <message>
        <source>{label} that wait in {name}</source>
        <translation>{label}在 {name} 中等待的任务</translation>
    </message>
    <message>
        <source>{label} what has ended in {name}</source>
        <translation>{label} {name} 中已结束的</translation>
    </message>
    <message>
        <source>{means}, after 1 item</source>
        <translation>{means}，在 1 个项目之后</translation>
    </message>
    <message>
        <source>{means}, after {n} items</source>
        <translation>{means}，在 {n} 个项目之后</translation>
    </message>
    <message>
        <source>{means}, but {why}</source>
        <translation>{means}，但{why}</translation>
    </message>
    <message>
        <source>{means}, shared with {name}</source>
        <translation>{means}，与 {name} 共用</translation>
    </message>
    <message>
        <source>{means}, shared with {n} others</source>
        <translation>{means}，与另外 {n} 个共用</translation>
    </message>
    <message>
        <source>{means}; Qt may abort it then: {n} of its QThreads cannot be stopped</source>
        <translation>{means}；Qt 届时可能中止该程序：它有 {n} 个 QThread 无法停止</translation>
    </message>
    <message>
        <source>{means}; Qt may abort it then: {thread} cannot be stopped</source>
        <translation>{means}；Qt 届时可能中止该程序：{thread} 无法停止</translation>
    </message>
    <message>
        <source>{means}; also ends the program: {program}</source>
        <translation>{means}；同时会结束程序：{program}</translation>
    </message>
    <message>
        <source>{means}; called its own {method}()</source>
        <translation>{means}；已调用它自己的 {method}()</translation>
    </message>
    <message>
        <source>{means}; woke those who wait on {name}</source>
        <translation>{means}；已唤醒在 {name} 上等待的线程</translation>
    </message>
    <message>
        <source>{method}() would be left out once the thread has ended: it also {harm}</source>
        <translation>线程结束后 {method}() 会被略过：它还会{harm}</translation>
    </message>
    <message>
        <source>{names} and {n} more</source>
        <translation>{names} 等另外 {n} 个</translation>
    </message>
    <message>
        <source>{name} (task {id})</source>
        <translation>{name}（任务 {id}）</translation>
    </message>
    <message>
        <source>{name} and {n} more</source>
        <translation>{name} 等另外 {n} 个</translation>
    </message>
    <message>
        <source>{name} has run; it was too short to be shown.</source>
        <translation>{name} 已经运行过；时间太短，来不及显示。</translation>
    </message>
    <message>
        <source>{name} holds {held} and wants {wanted}</source>
        <translation>{name} 持有{held}，需要{wanted}</translation>
    </message>
    <message>
        <source>{name} is attached.</source>
        <translation>已附加到 {name}。</translation>
    </message>
    <message>
        <source>{name} is looked at from outside.</source>
        <translation>正在从外部查看 {name}。</translation>
    </message>
    <message>
        <source>{name} is still waited for; “Attach…” shows it.</source>
        <translation>仍在等待 {name}；可在“附加…”中查看。</translation>
    </message>
    <message>
        <source>{name} runs no Python code at this moment. It will be attached as soon as it does. Waking it ends a call in which one of its threads waits, as a signal would: Python begins the call again, a library written in C may take it for a failure.</source>
        <translation>{name} 此刻没有运行 Python 代码。一旦运行就会附加。唤醒会像信号那样结束其某个线程正在等待的调用：Python 会重新开始这个调用，用 C 编写的库可能会把它当作失败。</translation>
    </message>
    <message>
        <source>{name} waits for itself</source>
        <translation>{name} 在等待自己</translation>
    </message>
    <message>
        <source>{name} waits for the end of {other}</source>
        <translation>{name} 等待 {other} 结束</translation>
    </message>
    <message>
        <source>{name} waits for this thread</source>
        <translation>{name} 在等待此线程</translation>
    </message>
    <message>
        <source>{name} wants the lock that {other} holds</source>
        <translation>{name} 需要 {other} 持有的锁</translation>
    </message>
    <message>
        <source>{name} wants {wanted}</source>
        <translation>{name} 需要{wanted}</translation>
    </message>
    <message>
        <source>{name} was asked to end; if it goes on, {signal} is offered there in {time}.</source>
        <translation>已请求 {name} 结束；如果它继续运行，{time}后将在那里提供 {signal}。</translation>
    </message>
    <message>
        <source>{name}() acts as soon as it has ended: {deed}</source>
        <translation>它一结束，{name}() 就会行动：{deed}</translation>
    </message>
    <message>
        <source>{name}() also sets {what}, which the thread looks at, and {method}() does not</source>
        <translation>{name}() 还会设置 {what}，线程会查看它，而 {method}() 不会设置</translation>
    </message>
    <message>
        <source>{name}() is called as soon as it has ended</source>
        <translation>它一结束就会调用 {name}()</translation>
    </message>
    <message>
        <source>{name}() is called as soon as it has ended, and works with what it returns</source>
        <translation>它一结束就会调用 {name}()，并使用它的返回值</translation>
    </message>
    <message>
        <source>{name}() takes from it as well</source>
        <translation>{name}() 也从中取项目</translation>
    </message>
    <message>
        <source>{name}() takes from it as well, and may not know what it means</source>
        <translation>{name}() 也从中取项目，且可能不知道它的含义</translation>
    </message>
    <message>
        <source>{name}() uses the name, and its source cannot be read</source>
        <translation>{name}() 使用了该名称，但无法读取其源代码</translation>
    </message>
    <message>
        <source>{name}() waits for its end, and works with what it has made: {worker}</source>
        <translation>{name}() 等待它结束，并使用它的成果：{worker}</translation>
    </message>
    <message>
        <source>{name}() waits for its {what}</source>
        <translation>{name}() 正在等它的 {what}</translation>
    </message>
    <message>
        <source>{name}() waits for what it returns, and works with that: {worker}</source>
        <translation>{name}() 等待它的返回值并加以使用：{worker}</translation>
    </message>
    <message>
        <source>{name}() would take it for dead, and calls {method}()</source>
        <translation>{name}() 会认为它已死，并调用 {method}()</translation>
    </message>
    <message>
        <source>{name}(), line {line}, acts on how it is: {deed}</source>
        <translation>{name}()（第 {line} 行）会根据它的状态行动：{deed}</translation>
    </message>
    <message>
        <source>{name}(), line {line}, {deed}</source>
        <translation>{name}()（第 {line} 行）{deed}</translation>
    </message>
    <message>
        <source>{name}, native id {number}</source>
        <translation>{name}，系统线程号 {number}</translation>
    </message>
    <message>
        <source>{name}, {where}: {what}.</source>
        <translation>{name}，{where}：{what}。</translation>
    </message>
    <message>
        <source>{name}: had ended</source>
        <translation>{name}：当时已结束</translation>
    </message>
    <message>
        <source>{name}: had not begun, or was not seen yet</source>
        <translation>{name}：当时尚未开始，或还没有被看到</translation>
    </message>
    <message>
        <source>{name}: had nothing to do</source>
        <translation>{name}：当时无事可做</translation>
    </message>
    <message>
        <source>{name}: nobody looked then</source>
        <translation>{name}：当时没有人在看</translation>
    </message>
    <message>
        <source>{name}: not recorded</source>
        <translation>{name}：没有记录</translation>
    </message>
    <message>
        <source>{name}: {means}</source>
        <translation>{name}：{means}</translation>
    </message>
    <message>
        <source>{name}: {what}, for {time} by then, {whole} in all</source>
        <translation>{name}：{what}，当时已 {time}，共 {whole}</translation>
    </message>
    <message>
        <source>{name}: {what}, for {time} so far</source>
        <translation>{name}：{what}，至今 {time}</translation>
    </message>
    <message>
        <source>{now}; at most {share} in the last minute</source>
        <translation>{now}；最近一分钟内最高 {share}</translation>
    </message>
    <message>
        <source>{n} % done</source>
        <translation>已完成 {n} %</translation>
    </message>
    <message>
        <source>{n} asked to stop. No way to stop was found for {names}.</source>
        <translation>已请求 {n} 个任务停止。未找到停止 {names} 的方法。</translation>
    </message>
    <message>
        <source>{n} asleep or waiting</source>
        <translation>{n} 个休眠或等待</translation>
    </message>
    <message>
        <source>{n} cancelled</source>
        <translation>{n} 个已取消</translation>
    </message>
    <message>
        <source>{n} changed while being read</source>
        <translation>{n} 个在读取期间被更改</translation>
    </message>
    <message>
        <source>{n} computing</source>
        <translation>{n} 个计算中</translation>
    </message>
    <message>
        <source>{n} could not be read</source>
        <translation>{n} 个无法读取</translation>
    </message>
    <message>
        <source>{n} detached</source>
        <translation>{n} 项已分离</translation>
    </message>
    <message>
        <source>{n} detached tasks are not waited for.</source>
        <translation>不等待 {n} 个已脱离的任务。</translation>
    </message>
    <message>
        <source>{n} done</source>
        <translation>{n} 个完成</translation>
    </message>
    <message>
        <source>{n} ended</source>
        <translation>{n} 个已结束</translation>
    </message>
    <message>
        <source>{n} failed</source>
        <translation>{n} 个失败</translation>
    </message>
    <message>
        <source>{n} file, {size} hashed with {algorithm}.</source>
        <translation>用 {algorithm} 计算了 {n} 个文件，共 {size}。</translation>
    </message>
    <message>
        <source>{n} files, {size} hashed with {algorithm}.</source>
        <translation>用 {algorithm} 计算了 {n} 个文件，共 {size}。</translation>
    </message>
    <message>
        <source>{n} in a deadlock</source>
        <translation>{n} 个死锁</translation>
    </message>
    <message>
        <source>{n} item handled, {left} not handled</source>
        <translation>已处理 {n} 项，未处理 {left} 项</translation>
    </message>
    <message>
        <source>{n} items handled, {left} not handled</source>
        <translation>已处理 {n} 项，未处理 {left} 项</translation>
    </message>
    <message>
        <source>{n} not a plain file, left out</source>
        <translation>{n} 个不是普通文件，已略过</translation>
    </message>
    <message>
        <source>{n} not plain files, left out</source>
        <translation>{n} 个不是普通文件，已略过</translation>
    </message>
    <message>
        <source>{n} of its calls failed</source>
        <translation>其中 {n} 个调用失败</translation>
    </message>
    <message>
        <source>{n} of its calls have no rows of their own</source>
        <translation>其中 {n} 个调用没有单独的行</translation>
    </message>
    <message>
        <source>{n} of its calls taken out of the queue</source>
        <translation>其中 {n} 个调用已移出队列</translation>
    </message>
    <message>
        <source>{n} of its tasks have failed, or what they need has</source>
        <translation>其中 {n} 个任务失败，或它们所需的任务失败</translation>
    </message>
    <message>
        <source>{n} of them detached</source>
        <translation>其中 {n} 个已脱离</translation>
    </message>
    <message>
        <source>{n} of them in a deadlock</source>
        <translation>其中 {n} 个处于死锁</translation>
    </message>
    <message>
        <source>{n} of them not responding</source>
        <translation>其中 {n} 个未响应</translation>
    </message>
    <message>
        <source>{n} outside Python</source>
        <translation>{n} 个在 Python 之外计算</translation>
    </message>
    <message>
        <source>{n} paused</source>
        <translation>{n} 个已暂停</translation>
    </message>
    <message>
        <source>{n} queued</source>
        <translation>{n} 个排队中</translation>
    </message>
    <message>
        <source>{n} reading or writing</source>
        <translation>{n} 个读写中</translation>
    </message>
    <message>
        <source>{n} running</source>
        <translation>{n} 个正在运行</translation>
    </message>
    <message>
        <source>{n} symbolic link was not followed.</source>
        <translation>未跟随 {n} 个符号链接。</translation>
    </message>
    <message>
        <source>{n} symbolic links were not followed.</source>
        <translation>未跟随 {n} 个符号链接。</translation>
    </message>
    <message>
        <source>{n} tasks</source>
        <translation>{n} 个任务</translation>
    </message>
    <message>
        <source>{n} tasks have not finished</source>
        <translation>有 {n} 个任务尚未结束</translation>
    </message>
    <message>
        <source>{n} tasks of other programs go on: {names}</source>
        <translation>其他程序的 {n} 个任务会继续运行：{names}</translation>
    </message>
    <message>
        <source>{n} threads wait for each other in a circle</source>
        <translation>{n} 个线程循环等待</translation>
    </message>
    <message>
        <source>{n} vanished before being read</source>
        <translation>{n} 个在读取之前消失</translation>
    </message>
    <message>
        <source>{n} waiting for locks</source>
        <translation>{n} 个等待锁</translation>
    </message>
    <message>
        <source>{n} waiting tasks were cancelled</source>
        <translation>已取消 {n} 个等待中的任务</translation>
    </message>
    <message>
        <source>{n}, a retry of task {id}</source>
        <translation>{n}，任务 {id} 的重试</translation>
    </message>
    <message>
        <source>{offer}, to stop {name}?</source>
        <translation>{offer}，以停止 {name}？</translation>
    </message>
    <message>
        <source>{path} can be changed by others than you, so it is not loaded into a program of yours: take their right to write it, with “chmod go-w”.</source>
        <translation>{path} 可被他人更改，因此不会载入你的程序：请用“chmod go-w”取消他人的写权限。</translation>
    </message>
    <message>
        <source>{path} cannot be used to talk to it: {error}</source>
        <translation>无法用 {path} 与它通信：{error}</translation>
    </message>
    <message>
        <source>{path} is too long for its Python: install taskmon in a folder with a shorter path.</source>
        <translation>{path} 对它的 Python 来说太长：请把 taskmon 安装在路径更短的文件夹中。</translation>
    </message>
    <message>
        <source>{path}, Python {version}</source>
        <translation>{path}，Python {version}</translation>
    </message>
    <message>
        <source>{problem}. Tasks go on; taskmon tries again. The file is “{path}”.</source>
        <translation>{problem}。任务继续进行，taskmon 会再次尝试。文件为“{path}”。</translation>
    </message>
    <message>
        <source>{program}, process {pid}</source>
        <translation>{program}，进程 {pid}</translation>
    </message>
    <message>
        <source>{queue}.join() would wait for ever: the thread ends without a task_done() for it</source>
        <translation>{queue}.join() 会永远等待：线程结束时没有为它调用 task_done()</translation>
    </message>
    <message>
        <source>{section}: {action}</source>
        <translation>{section}：{action}</translation>
    </message>
    <message>
        <source>{sentence}.</source>
        <translation>{sentence}。</translation>
    </message>
    <message>
        <source>{share}; computing at each look for over {time}</source>
        <translation>{share}；每次查看都在计算，已超过 {time}</translation>
    </message>
    <message>
        <source>{signal} at {time}</source>
        <translation>{signal}（{time}）</translation>
    </message>
    <message>
        <source>{thread}, in {call}</source>
        <translation>{thread}，正在执行 {call}</translation>
    </message>
    <message>
        <source>{time} ago</source>
        <translation>{time}前</translation>
    </message>
    <message>
        <source>{time} at the present rate</source>
        <translation>按目前速度还需 {time}</translation>
    </message>
    <message>
        <source>{time} in all</source>
        <translation>共 {time}</translation>
    </message>
    <message>
        <source>{time}, after {waited} in the queue</source>
        <translation>{time}，之前排队 {waited}</translation>
    </message>
    <message>
        <source>{what} in {time}</source>
        <translation>{what}（{time}后）</translation>
    </message>
    <message>
        <source>{what} now, left out</source>
        <translation>现在{what}，已略过</translation>
    </message>
    <message>
        <source>{what}, again and again</source>
        <translation>一再{what}</translation>
    </message>
    <message>
        <source>{what}, at {amount}</source>
        <translation>{what}，进度 {amount}</translation>
    </message>
    <message>
        <source>{what}, for over {time}</source>
        <translation>{what}，已超过 {time}</translation>
    </message>
    <message>
        <source>{what}, for over {time}, no time limit</source>
        <translation>{what}，已超过 {time}，无时限</translation>
    </message>
    <message>
        <source>{what}, for {time} at most</source>
        <translation>{what}，最多 {time}</translation>
    </message>
    <message>
        <source>{what}, held by {name}</source>
        <translation>{what}，由 {name} 持有</translation>
    </message>
    <message>
        <source>{what}, wakes in {time}</source>
        <translation>{what}，{time}后醒来</translation>
    </message>
    <message>
        <source>{what}, {time} after Cancel</source>
        <translation>{what}，在取消 {time}之后</translation>
    </message>
    <message>
        <source>{what}, {when}</source>
        <translation>{what}，{when}</translation>
    </message>
    <message>
        <source>{what}/s, last {time}; at most {most}/s</source>
        <translation>{what}/秒，最近 {time}；最高 {most}/秒</translation>
    </message>
    <message>
        <source>{words} · not in the filtered list</source>
        <translation>{words} · 不在筛选结果中</translation>
    </message>
    <message>
        <source>{workers} workers, 1 task to do</source>
        <translation>{workers} 个工作进程，1 个任务待完成</translation>
    </message>
    <message>
        <source>{workers} workers, {n} tasks to do</source>
        <translation>{workers} 个工作进程，{n} 个任务待完成</translation>
    </message>
    <message>
        <source>{worker} has no module {name}: install it there</source>
        <translation>{worker} 没有模块 {name}：请在那里安装</translation>
    </message>
    <message>
        <source>{worker} has no taskmon: install it there: {command}</source>
        <translation>{worker} 没有 taskmon：请在那里安装：{command}</translation>
    </message>
    <message>
        <source>{worker} was lost</source>
        <translation>{worker} 已丢失</translation>
    </message>
    <message>
        <source>“{folder}” is read-only: settings will not be saved.</source>
        <translation>“{folder}”是只读的：设置将不会保存。</translation>
    </message>
    <message>
        <source>“{name}” ended before it could be shown</source>
        <translation>“{name}”还没来得及显示就已结束</translation>
    </message>
    <message>
        <source>“{name}” was cancelled before it started</source>
        <translation>“{name}”在开始之前已被取消</translation>
    </message>
    <message>
        <source>“{path}” cannot be used: {problem}</source>
        <translation>“{path}”无法使用：{problem}</translation>
    </message>
    <message>
        <source>“{path}” cannot be used: {problem}. Tasks go on as usual.</source>
        <translation>“{path}”无法使用：{problem}。任务照常进行。</translation>
    </message>
    <message>
        <source>“{path}” could not be written: {problem}. What was there before is unchanged.</source>
        <translation>无法写入“{path}”：{problem}。原有内容没有改变。</translation>
    </message>
    <message>
        <source>“{path}” is not a folder; give the folder that it lies in</source>
        <translation>“{path}”不是文件夹；请指定它所在的文件夹</translation>
    </message>
    <message>
        <source>“{path}” is relative to a folder that no longer exists</source>
        <translation>“{path}”相对的文件夹已不存在</translation>
    </message>
    <message>
        <source>“{path}” is written and complete, but its folder could not be saved: {problem}. After a power failure the old content may be back.</source>
        <translation>“{path}”已完整写入，但它的文件夹无法保存：{problem}。断电后可能恢复为旧内容。</translation>
    </message>
    <message>
        <source>“{path}” is {kind}, not a file</source>
        <translation>“{path}”是{kind}，不是文件</translation>
    </message>
    <message>
        <source>“{path}” is {kind}, not a file; give the file it points to</source>
        <translation>“{path}”是{kind}，不是文件；请指定它所指向的文件</translation>
    </message>
    <message>
        <source>“{value}” is not one of {choices}</source>
        <translation>“{value}”不在可选项之中：{choices}</translation>
    </message>
    <message>
        <source>← → move it</source>
        <translation>← → 移动</translation>
    </message>
</context>
</TS>
